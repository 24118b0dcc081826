/**
 * How the application is put together, a part to a file: what pages need, the rooms, the steps, the journeys, what
 * the OIDC library is handed, and what every request passes. Owns nothing but the order. Called by app.
 */
export { createEmployeesRoom } from './employees-room.ts'
export { registerGauges } from './gauges.ts'
export { createJourneys } from './journeys.ts'
export { followLimits } from './live-limits.ts'
export { startLogout } from './logout.ts'
export { createLook } from './look.ts'
export { createMetricsServer } from './metrics-server.ts'
export { createOidcPages, createOriginOf } from './oidc-hooks.ts'
export { createOperator, type OperatorParts } from './operator.ts'
export { createRooms, type RoomsParts } from './rooms.ts'
export { createStack } from './stack.ts'
export { createSteps } from './steps.ts'

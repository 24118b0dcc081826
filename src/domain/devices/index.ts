/**
 * Browsers in which a person has signed in before. Owns the record behind the device cookie and when it is
 * forgotten. A known device is spared pauses that strangers cause; it never skips a step by itself. Called by steps.
 */
export type * from './device-store.ts'
export { createDevices, DEVICE_SECONDS, type Devices, type KnownDevice } from './devices.ts'

import { userTypesFileSchema } from '../src/domain/user-types/index.ts'

/** How many people and employees a store holds. Officers are the first employees, each with an account. */
export interface CrowdSize {
  readonly members: number
  readonly officers: number
  /** Of the register; those after the officers are nobody's yet. */
  readonly records: number
}

const OTP = { when: 'always', digits: 6, lifetimeSeconds: 300, resendSeconds: 1, attempts: 5 }
const LIFETIMES = {
  accessTokenSeconds: 900,
  refreshTokenSeconds: 86_400,
  sessionIdleSeconds: 86_400,
  sessionSeconds: 604_800,
}

/** Types of the bench's own: between them people sign in by every identifier there is. */
export const CROWD_TYPES = userTypesFileSchema.parse({
  userTypes: [
    {
      ...{ id: 'bench-member', name: 'Member', signUp: 'closed', identifiers: ['email', 'phone', 'userId'] },
      contacts: { email: 'required', phone: 'required' },
      fields: [],
      roles: ['member'],
      otp: { ...OTP, channels: ['email', 'sms'] },
      lifetimes: LIFETIMES,
    },
    {
      ...{ id: 'bench-officer', name: 'Officer', signUp: 'open', identifiers: ['employeeId'] },
      contacts: { email: 'none', phone: 'required' },
      fields: [{ name: 'fullName', label: 'Full name', kind: 'text', required: true, maxLength: 120 }],
      employee: { roles: ['officer'], match: ['fullName'], contact: 'record' },
      roles: ['officer'],
      otp: { ...OTP, channels: ['sms'] },
      lifetimes: LIFETIMES,
    },
  ],
}).userTypes

export interface Member {
  readonly email: string
  readonly phone: string
  readonly userId: string
}

export function memberAt(place: number): Member {
  return {
    email: `member-${place}@example.org`,
    phone: `+9198${padded(place)}`,
    userId: `member.${place}`,
  }
}

export interface Employee {
  readonly employeeId: string
  readonly fullName: string
  readonly phone: string
}

export function employeeAt(place: number): Employee {
  return {
    employeeId: `pol-${padded(place)}`,
    fullName: `Officer of the ${place}th station`,
    phone: `+9197${padded(place)}`,
  }
}

function padded(place: number): string {
  return String(place).padStart(8, '0')
}

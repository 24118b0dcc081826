import { describe, expect, it } from '@jest/globals'
import { aUserType } from '../../tests/support/records.ts'
import { limitsFileSchema } from '../domain/limits/index.ts'
import { codeOnlyPolicyOf, createCodePolicyOf } from './code-policy.ts'

const codePolicyOf = createCodePolicyOf(limitsFileSchema.parse({}))
const { otp } = aUserType()

describe('the policy of a code', () => {
  it('is the stricter of the type and the limits', () => {
    const lax = aUserType({ otp: { ...otp, attempts: 20, resendSeconds: 1 } })
    expect(codePolicyOf(lax)).toMatchObject({ attempts: 5, resendSeconds: 30 })
    const strict = aUserType({ otp: { ...otp, attempts: 2, resendSeconds: 90 } })
    expect(codePolicyOf(strict)).toMatchObject({ attempts: 2, resendSeconds: 90 })
  })

  it('that stands alone has 8 digits at least', () => {
    expect(codeOnlyPolicyOf([aUserType()], codePolicyOf).digits).toBe(8)
    const ten = aUserType({ otp: { ...otp, digits: 10 } })
    expect(codeOnlyPolicyOf([ten], codePolicyOf).digits).toBe(10)
  })

  it('that stands alone says nothing of the type: one for all, the strictest in each number', () => {
    const one = aUserType({
      otp: { ...otp, digits: 9, lifetimeSeconds: 600, attempts: 3, resendSeconds: 40 },
    })
    const other = aUserType({
      otp: { ...otp, digits: 6, lifetimeSeconds: 60, attempts: 4, resendSeconds: 60 },
    })
    const strictest = { digits: 9, lifetimeSeconds: 60, attempts: 3, resendSeconds: 60 }
    expect(codeOnlyPolicyOf([one, other], codePolicyOf)).toEqual(strictest)
    expect(codeOnlyPolicyOf([other, one], codePolicyOf)).toEqual(strictest)
  })
})

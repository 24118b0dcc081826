import { TWILIO_ERRORS, TWILIO_FAILED } from './twilio-errors.ts'

/** What a provider says later of a message that it was handed. */
export interface Reported {
  readonly messageId: string
  readonly outcome: 'delivered' | 'failed'
  /** For the operator. */
  readonly reason: string | null
}

export interface TwilioCallbacks {
  /** Did Twilio sign this request to this address (`X-Twilio-Signature`)? */
  isSigned(url: string, signature: string, form: Readonly<Record<string, string>>): Promise<boolean>
  /** Null for a status on the way. */
  read(messageId: string, form: Readonly<Record<string, string>>): Reported | null
}

export function createTwilioCallbacks(authToken: string): TwilioCallbacks {
  return {
    async isSigned(url, signature, form) {
      const { default: twilio } = await import('twilio')
      return twilio.validateRequest(authToken, signature, url, form)
    },
    read(messageId, form) {
      const { MessageStatus: status = '', ErrorCode: code = '' } = form
      if (status === 'delivered' || status === 'read')
        return { messageId, outcome: 'delivered', reason: null }
      if (!TWILIO_FAILED.includes(status)) return null
      const meaning = TWILIO_ERRORS.get(Number(code))?.meaning ?? status
      return { messageId, outcome: 'failed', reason: code === '' ? meaning : `${meaning} (${code})` }
    },
  }
}

/**
 * What Twilio's errors mean for a message, by their published codes
 * (https://www.twilio.com/docs/api/errors). `never`: about this number, whoever sends. `elsewhere`: this message by
 * this provider, another may be luckier. Any other code speaks against the provider or our account with it.
 */
export const TWILIO_ERRORS: ReadonlyMap<
  number,
  { readonly verdict: 'never' | 'elsewhere'; readonly meaning: string }
> = new Map([
  [21211, { verdict: 'never', meaning: 'invalid To number' }],
  [21217, { verdict: 'never', meaning: 'the number does not appear to be valid' }],
  [21265, { verdict: 'never', meaning: 'To is a short code' }],
  [21610, { verdict: 'never', meaning: 'the recipient has unsubscribed' }],
  [21614, { verdict: 'never', meaning: 'To is not a mobile number' }],
  [21635, { verdict: 'never', meaning: 'To is a landline' }],
  [30004, { verdict: 'never', meaning: 'blocked by the recipient' }],
  [30005, { verdict: 'never', meaning: 'unknown destination' }],
  [30006, { verdict: 'never', meaning: 'landline or unreachable carrier' }],
  [21214, { verdict: 'elsewhere', meaning: 'To cannot be reached' }],
  [21408, { verdict: 'elsewhere', meaning: 'no permission for this country' }],
  [21612, { verdict: 'elsewhere', meaning: 'no route between From and To' }],
  [21617, { verdict: 'elsewhere', meaning: 'the text is too long' }],
  [30003, { verdict: 'elsewhere', meaning: 'the handset cannot be reached' }],
  [30007, { verdict: 'elsewhere', meaning: 'filtered by a carrier' }],
  [30008, { verdict: 'elsewhere', meaning: 'unknown error of a carrier' }],
  [30034, { verdict: 'elsewhere', meaning: 'From is not registered for this country' }],
  [30410, { verdict: 'elsewhere', meaning: 'a carrier did not answer in time' }],
  [30450, { verdict: 'elsewhere', meaning: 'blocked for fear of fraud' }],
])

/** Status words of a message that will not arrive (Message resource, `status`). */
export const TWILIO_FAILED: readonly string[] = ['failed', 'undelivered', 'canceled']

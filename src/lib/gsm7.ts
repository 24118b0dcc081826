/** The basic character set of text messages (3GPP TS 23.038 §6.2.1); each costs one septet. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** Its extension table (§6.2.1.1): an escape goes before each, so two septets. */
const EXTENSION = new Set('\f^{}\\[~]|€')

export interface SmsSize {
  /** Septets in GSM 7-bit, else UTF-16 code units. */
  readonly units: number
  /** Messages that the network sends and bills. */
  readonly parts: number
}

/** How long a text message is: one character outside GSM 7-bit makes all of it UCS-2, 70 to a part. */
export function smsSize(text: string): SmsSize {
  let septets = 0
  for (const character of text) {
    if (BASIC.has(character)) septets += 1
    else if (EXTENSION.has(character)) septets += 2
    else return { units: text.length, parts: partsOf(text.length, 70, 67) }
  }
  return { units: septets, parts: partsOf(septets, 160, 153) }
}

/** A text of several parts loses room in each to the header that joins them. */
function partsOf(units: number, alone: number, joined: number): number {
  return units <= alone ? 1 : Math.ceil(units / joined)
}

import { join } from 'node:path'
import { openAssets } from '../../src/http/assets.ts'
import { createRender, type Render } from '../../src/http/render.ts'

export const VIEWS = join(import.meta.dirname, '../../views')

/** 10:42:07 in the zone of the samples. */
export const NOW = new Date('2026-11-21T05:12:07.000Z')

const BRAND = {
  productName: 'Latchkey',
  logoUrl: null,
  helpUrl: 'https://help.example/',
  privacyUrl: 'https://privacy.example/',
}

/** The real templates with the real stylesheet, in the brand and zone of the mock-ups. */
export function sampleRender({ productName = BRAND.productName, timeZone = 'Asia/Kolkata' } = {}): Render {
  return createRender({
    viewsDir: VIEWS,
    assets: openAssets(join(VIEWS, 'assets'), { brandColor: null, logoFile: null }),
    brand: { ...BRAND, productName },
    host: 'id.example.org',
    language: 'en',
    timeZone,
  })
}

/** What other people put into pages: applications, persons, administrators, strangers. */
export interface Foreign {
  readonly client: string
  readonly person: string
  readonly email: string
  readonly phone: string
  readonly typeName: string
  readonly description: string
  /** Of a field. */
  readonly label: string
}

export const ORDINARY: Foreign = {
  client: 'Court Filing',
  person: 'Asha Rao',
  email: 'asha.rao@police.example',
  phone: '+91 98765 43210',
  typeName: 'Police officer',
  description: 'Needs your employee ID',
  label: 'Full name',
}

/** The same text in the place of every foreign value. */
export function allSaying(text: string): Foreign {
  return {
    client: text,
    person: text,
    email: text,
    phone: text,
    typeName: text,
    description: text,
    label: text,
  }
}

/** A queued code as JSON. */
export function codeModel(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    code: '482913',
    reference: 'KQ',
    purpose: 'sign-in',
    lifetimeSeconds: 300,
    clientName: 'Court Filing',
    askedAt: NOW.toISOString(),
    device: { browser: 'Firefox', system: 'Windows' },
    ...change,
  }
}

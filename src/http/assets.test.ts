import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { openAssets } from './assets.ts'

const FOLDER = join(import.meta.dirname, '../../views/assets')

describe('assets', () => {
  it('have an address that changes with their content', () => {
    const assets = openAssets(FOLDER, { brandColor: '#a4491d', logoFile: null })
    expect(assets.url('latchkey.css')).toMatch(/^\/assets\/latchkey\.css\?v=[0-9a-f]{16}$/)
    expect(assets.url('brand.css')).not.toBe(
      openAssets(FOLDER, { brandColor: '#0b5a68', logoFile: null }).url('brand.css'),
    )
  })

  it('have the type that a browser asks of a stylesheet and an image', () => {
    const assets = openAssets(FOLDER, { brandColor: null, logoFile: null })
    expect(assets.find('latchkey.css')?.type).toBe('text/css; charset=utf-8')
    expect(assets.find('mark.svg')?.type).toBe('image/svg+xml')
  })

  it('hold a stylesheet of the brand only where there is a colour', () => {
    expect(
      openAssets(FOLDER, { brandColor: '#a4491d', logoFile: null }).find('brand.css')?.body.toString(),
    ).toContain('--brand: #a4491d')
    expect(openAssets(FOLDER, { brandColor: null, logoFile: null }).find('brand.css')).toBeNull()
  })

  it('are a closed list: no other file is reached by a name', () => {
    const assets = openAssets(FOLDER, { brandColor: null, logoFile: null })
    expect(assets.find('../locales/en.json')).toBeNull()
    expect(() => assets.url('nothing.css')).toThrow('no asset')
  })
})

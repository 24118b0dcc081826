import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { limitsFileSchema } from '../domain/limits/index.ts'
import { configSchemas } from './config-schemas.ts'

const config = new URL('../../config/', import.meta.url)
const json = (path: string): unknown => JSON.parse(readFileSync(new URL(path, config), 'utf8'))
const filesIn = (path: string) => readdirSync(new URL(path, config)).filter((name) => name.endsWith('.json'))

describe('config/schema', () => {
  it('has one schema for each file, and nothing else', () => {
    expect(filesIn('schema').sort()).toEqual([...configSchemas().keys()].sort())
    expect(filesIn('.').sort()).toEqual([...configSchemas().keys()].sort())
  })

  it.each([...configSchemas()])(
    '%s is what node src/settings/write-config-schemas.ts writes',
    (name, schema) => {
      expect(json(`schema/${name}`)).toEqual(JSON.parse(JSON.stringify(schema)))
    },
  )

  it.each([...configSchemas().keys()])('%s names its schema', (name) => {
    expect(json(name)).toHaveProperty('$schema', `./schema/${name}`)
  })
})

describe('limits.json as shipped', () => {
  it('writes down every limit with its default', () => {
    expect(limitsFileSchema.parse(json('limits.json'))).toEqual(limitsFileSchema.parse({}))
    expect(json('limits.json')).toMatchObject(limitsFileSchema.parse({}))
  })
})

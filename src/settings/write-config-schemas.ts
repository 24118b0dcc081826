import { writeFileSync } from 'node:fs'
import { configSchemas } from './config-schemas.ts'

/** Run after a change of a config file's schema: `node src/settings/write-config-schemas.ts && npm run format`. */
for (const [name, schema] of configSchemas()) {
  const file = new URL(`../../config/schema/${name}`, import.meta.url)
  writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`)
}

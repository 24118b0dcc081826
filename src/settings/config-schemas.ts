import { z } from 'zod'
import { CONFIG_FILES, type ConfigFile } from './config-files.ts'

/** The JSON Schema of a config file, as an editor reads it: what may be written, before defaults are filled in. */
export function jsonSchemaOf({ title, schema }: ConfigFile<unknown>): Record<string, unknown> {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    // Zod says so of what our code may not change; for the operator it is there to be written.
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly
    },
  })
  return { ...made, title }
}

/** By file name, as they stand in `config/schema/`. */
export function configSchemas(): Map<string, Record<string, unknown>> {
  return new Map(CONFIG_FILES.map((file) => [file.name, jsonSchemaOf(file)]))
}

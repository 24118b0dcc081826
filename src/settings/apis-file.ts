import { z } from 'zod'

/** `config/apis.json`: the values of `resource` beside the built-in audiences (RFC 8707). */
const OIDC_SCOPES = ['openid', 'profile', 'email', 'phone', 'roles', 'account', 'offline_access']

const apiSchema = z.strictObject({
  identifier: z
    .string()
    .max(500)
    .refine(
      (value) => URL.canParse(value) && !/[\s#*]/.test(value),
      'must be an absolute URI without a fragment, such as https://orders.example',
    ),
  name: z.string().min(1).max(80),
  scopes: z
    .array(
      z
        .string()
        .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, 'must be a scope of printable characters without a space')
        .refine(
          (scope) => !OIDC_SCOPES.includes(scope) && !scope.startsWith('admin:'),
          'must not be a scope of Latchkey itself',
        ),
    )
    .max(100)
    .default([]),
})

export const apisFileSchema = z
  .strictObject({ $schema: z.string().optional(), apis: z.array(apiSchema).max(500) })
  .superRefine(({ apis }, context) => {
    const seen = new Set<string>()
    for (const [at, { identifier }] of apis.entries()) {
      const path = ['apis', at, 'identifier']
      if (seen.has(identifier)) context.addIssue({ code: 'custom', path, message: 'stands twice' })
      seen.add(identifier)
    }
  })

export type ApiSettings = z.infer<typeof apiSchema>

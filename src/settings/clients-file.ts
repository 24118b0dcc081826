import { z } from 'zod'
import { clientProblems } from './client-rules.ts'

/** `config/clients.json`: the registered applications, as OIDC Dynamic Client Registration 1.0 §2 names things. */
const webUrl = z.string().refine((value) => {
  return /^https?:\/\//.test(value) && URL.canParse(value)
}, 'must be a web address such as https://app.example/page')
const uris = z.array(z.string().min(1).max(2000)).max(50)
const scopeTokens = z
  .string()
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/,
    'must be scopes with one space between',
  )
const role = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, 'must be letters, digits or ._:- and at most 64 long')
const environmentName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of a variable: capital letters, digits and _')

const SECRET_FORM = 'must be {"env": "NAME"} or, in development, 8 or more printable characters'
const clientSecretSchema = z.union(
  [
    z.strictObject({ env: environmentName }),
    z
      .string()
      .regex(/^[\x21-\x7e]{8,1000}$/, SECRET_FORM)
      .describe('Development only.'),
  ],
  { error: SECRET_FORM },
)

/** Ids of ours begin so; a client that looked like an account could be mistaken for one in `sub`. */
const OUR_ID = /^(?:(?:acc|aud|chl|chn|emp|gra|key|lgt|msg|prg|ses|tok)_|latchkey-)/

const clientSchema = z
  .strictObject({
    client_id: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._~:/-]{0,127}$/,
        'must be letters, digits or ._~:/- and at most 128 long',
      )
      .refine((id) => !OUR_ID.test(id), 'must not look like an id of Latchkey, such as acc_…'),
    client_name: z.string().min(1).max(80).exactOptional(),
    client_secret: clientSecretSchema.exactOptional(),
    application_type: z.enum(['web', 'native']).default('web'),
    redirect_uris: uris.default([]),
    post_logout_redirect_uris: uris.default([]),
    /** Where it is told that a session has ended (OpenID Connect Back-Channel Logout 1.0 §2.2). */
    backchannel_logout_uri: webUrl.exactOptional(),
    /** A logout token of ours always names the session. */
    backchannel_logout_session_required: z.boolean().exactOptional(),
    grant_types: z
      .array(z.enum(['authorization_code', 'refresh_token', 'client_credentials']))
      .min(1)
      .default(['authorization_code']),
    response_types: z.array(z.enum(['code'])).exactOptional(),
    token_endpoint_auth_method: z
      .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
      .default('client_secret_basic'),
    token_endpoint_auth_signing_alg: z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']).exactOptional(),
    jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) }).exactOptional(),
    jwks_uri: webUrl.exactOptional(),
    scope: scopeTokens.exactOptional(),
    id_token_signed_response_alg: z.enum(['RS256', 'ES256', 'EdDSA']).exactOptional(),
    default_max_age: z.int().min(0).max(31_536_000).exactOptional(),
    require_auth_time: z.boolean().exactOptional(),
    default_acr_values: z.array(z.string().min(1)).exactOptional(),
    require_pushed_authorization_requests: z.boolean().exactOptional(),
    dpop_bound_access_tokens: z.boolean().exactOptional(),
    initiate_login_uri: webUrl.exactOptional(),
    client_uri: webUrl.exactOptional(),
    logo_uri: webUrl.exactOptional(),
    policy_uri: webUrl.exactOptional(),
    tos_uri: webUrl.exactOptional(),
    contacts: z.array(z.email('must be an email address')).exactOptional(),
    /** Run by the same organisation: its people see no consent page. */
    latchkey_first_party: z.boolean().default(false),
    latchkey_require_pkce: z.boolean().default(true),
    latchkey_admin_role: z.enum(['owner', 'operator', 'support', 'auditor']).exactOptional(),
    latchkey_allowed_origins: uris.default([]),
    latchkey_roles: z.array(role).max(50).default([]),
  })
  .superRefine((client, context) => {
    for (const { path, message } of clientProblems(client)) {
      context.addIssue({ code: 'custom', path: [...path], message })
    }
  })

export const clientsFileSchema = z
  .strictObject({ $schema: z.string().exactOptional(), clients: z.array(clientSchema) })
  .superRefine(({ clients }, context) => {
    const seen = new Set<string>()
    for (const [at, { client_id: id }] of clients.entries()) {
      const path = ['clients', at, 'client_id']
      if (seen.has(id)) context.addIssue({ code: 'custom', path, message: 'stands twice; ids are unique' })
      seen.add(id)
    }
  })

/** One client as the file has it, defaults filled in. */
export type ClientEntry = z.infer<typeof clientSchema>

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Application } from './applications.ts'
import { eventually } from './eventually.ts'
import { APACHE_MODULES, apache, findProgram } from './machine.ts'
import { startProgram } from './processes.ts'

export interface ApacheParts {
  readonly issuer: string
  /** The client that people sign in to. */
  readonly pages: Application
  /** The machine that asks about the access tokens that programs bring. */
  readonly api: Application
  readonly port: number
}

export interface Apache {
  readonly url: string
  stop(): Promise<void>
}

/** Where mod_auth_openidc takes a person back, and the logout tokens of the issuer. */
export const APACHE_CALLBACK = '/private/callback'

const MODULES = ['mpm_event', 'authn_core', 'authz_core', 'mime', 'include', 'auth_openidc'] as const

/** Says who the server takes the asker for. */
const PAGE = 'Here is <!--#echo var="REMOTE_USER" -->.\n'

/** Debian's Apache with mod_auth_openidc in front of static pages, by a configuration of its own. */
export async function startApache(parts: ApacheParts): Promise<Apache> {
  const command = findProgram(apache, process.env)
  if (command === null)
    throw new Error(
      `${apache.name} is missing: install ${apache.debianPackage} or name one in ${apache.variable}.`,
    )
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-apache-'))
  // Started by root it gives that up, and has to read its pages all the same.
  chmodSync(folder, 0o755)
  for (const place of ['private', 'api']) {
    mkdirSync(join(folder, 'pages', place), { recursive: true })
    writeFileSync(join(folder, 'pages', place, 'page.html'), PAGE)
  }
  const file = join(folder, 'apache.conf')
  writeFileSync(file, configurationOf(parts, folder))
  const url = `http://localhost:${parts.port}`
  const server = startProgram(command, ['-f', file, '-D', 'FOREGROUND'], {})
  let ended = false
  void server.exit().then(() => {
    ended = true
  })
  const stop = async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await eventually('Apache answers', () => ended || answers(url))
    if (ended) throw new Error('Apache ended.')
  } catch (error) {
    const log = server.output() + readLog(folder)
    await stop()
    throw new Error(`Apache did not start:\n${log}`, { cause: error })
  }
  return { url, stop }
}

function configurationOf({ issuer, pages, api, port }: ApacheParts, folder: string): string {
  return `
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
LogLevel info
ServerName localhost
Listen 127.0.0.1:${port}
${MODULES.map((name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`).join('\n')}
User www-data
Group www-data
StartServers 1
TypesConfig /dev/null
AddType text/html .html
DocumentRoot ${folder}/pages
<Directory ${folder}/pages>
  Options +Includes
  AddOutputFilter INCLUDES .html
</Directory>

OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${pages.id}
OIDCClientSecret ${pages.secret}
OIDCRedirectURI http://localhost:${port}${APACHE_CALLBACK}
OIDCCryptoPassphrase a-passphrase-for-tests-only
OIDCPKCEMethod S256
OIDCScope "openid email"
OIDCRemoteUserClaim email
<Location /private>
  # The fetch of Node does not say that it navigates, and only who does is led to sign in.
  OIDCUnAuthAction auth true
  AuthType openid-connect
  Require claim roles:user
</Location>

OIDCOAuthServerMetadataURL ${issuer}/.well-known/openid-configuration
OIDCOAuthClientID ${api.id}
OIDCOAuthClientSecret ${api.secret}
OIDCOAuthTokenIntrospectionInterval -1
OIDCOAuthRemoteUserClaim sub
<Location /api>
  AuthType oauth20
  Require claim user_type:user
</Location>
`
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  )
}

function readLog(folder: string): string {
  try {
    return readFileSync(join(folder, 'error.log'), 'utf8')
  } catch {
    return ''
  }
}

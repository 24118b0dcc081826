/** Where the library's endpoints are; programs find them through discovery. */
export const ROUTES = {
  authorization: '/auth',
  token: '/token',
  userinfo: '/userinfo',
  jwks: '/jwks',
  end_session: '/session/end',
  pushed_authorization_request: '/request',
  revocation: '/revocation',
  introspection: '/introspection',
} as const

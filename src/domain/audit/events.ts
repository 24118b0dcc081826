/**
 * Every event that makes a record, with the sentence that stands in it unless the caller has a better one. Names are
 * what happened to what: public, kept stable, listed in the documentation.
 */
export const AUDIT_EVENTS = {
  'sign-in.started': 'An application asked for a person, and a page was needed.',
  'sign-in.password-accepted': 'The password was right.',
  'sign-in.password-refused': 'The identifier or the password was wrong.',
  'sign-in.refused': 'Everything asked for was right, but the account may not sign in.',
  'sign-in.paused': 'A try was refused without a look at it, because there had been too many.',
  'sign-in.completed': 'Signed in.',

  'sign-up.completed': 'The contact was verified and the account was made.',
  'sign-up.awaits-approval': 'The contact was verified and the account waits for an administrator.',
  'sign-up.refused': 'The contact was verified, but no account could be made.',

  'password.reset': 'A forgotten password was set anew, which ended every sign-in of before.',
  'password.reset-refused': 'No new password was set.',
  'password.owner-link-made': 'A link for an owner who has forgotten the password was made.',

  'code.sent': 'A one-time code was made and queued.',
  'code.resent': 'A new one-time code took the place of the one before.',
  'code.withheld': 'A code was asked for that may not be sent; the page was as for one that is.',
  'limits.changed': 'Budgets of messages in limits.json were changed while a process ran.',
  'code.send-refused': 'No code was sent: too soon, or a budget is used up.',
  'code.verified': 'The code was right.',
  'code.wrong': 'The code was wrong.',
  'code.dead': 'The code had expired, was superseded, used, or never made.',
  'code.blocked': 'No attempt is left for this code and those that follow it.',

  'token.issued': 'Tokens were issued.',
  'token.refreshed': 'Tokens were issued for a refresh token, which was rotated.',
  'token.refused': 'No token was issued.',
  'token.all-ended':
    'More things died than the revocation feed lists one by one; all issued access tokens were ended.',

  'session.ended': 'A session and what was given in it ended.',
  'logout.told': 'A client was told that a session of one of its people ended.',
  'logout.given-up': 'A client could not be told that a session ended; no more tries are made.',
  'grant.given': 'An application was given a grant, or more within one it had.',
  'grant.refused': 'The person did not allow what an application asked for.',
  'grant.ended': 'A grant ended, with its refresh tokens and access tokens.',
  'token.revoked': 'One access token ended before its time.',
  'client.sign-ins-ended': 'All tokens of a client ended; it stays enabled.',
  'client.disabled': 'A client was disabled; everything it was given ended.',
  'client.enabled': 'A client is served again.',

  'account.profile-changed': 'A person changed what their profile says.',
  'account.profile-refused':
    'A person did not change their profile: a value is not free, or the session ended.',
  'account.password-changed': 'A person changed their password; all other sign-ins ended.',
  'account.contact-changed': 'A person verified a contact; all other sign-ins ended.',
  'account.contact-removed': 'A person removed a contact.',
  'account.contact-refused': 'The code was right, but the contact could not become this account’s.',
  'account.signed-out-everywhere': 'A person ended all of their sign-ins.',
  'account.deactivated': 'A person deactivated their account.',
  'account.exported': 'A person downloaded what is held about them.',
  'step-up.refused': 'The password, asked for again before a change, was wrong.',
  'step-up.paused': 'The password was not looked at again, because there had been too many tries.',
  'device.forgotten': 'A person had a device forgotten.',

  'contact.undeliverable':
    'A message did not reach a contact, or never will; its owner is told at the next sign-in.',

  'setup.link-made': 'A link for the setup of the first owner was made.',
  'setup.completed': 'The first owner was made.',
  'setup.refused': 'The setup was refused.',

  'employee.added': 'A record was added to the register of employees.',
  'employee.changed': 'A record of the register of employees was changed.',
  'employee.standing-changed': "What the register says of an account's employee changed; its tokens ended.",
  'employee.claim-released': 'An employee id was taken from the account that had claimed it.',
  'employee.imported': 'A file of records was taken over into the register of employees.',
  'employee.import-refused': 'A file of records was refused; the register is as it was.',
  'employee.sample-loaded':
    'The sample of the configuration was loaded into the empty register of employees.',
  'account.completed': 'Details that the type asks for now were added to the account.',
  'account.not-completed': 'Details that the type asks for were not taken.',
  'account.approved': 'A waiting account was approved.',
  'account.approval-refused': 'A waiting account could not be approved.',
  'account.rejected': 'An account that waited, or was invited, was taken away.',
  'account.disabled': 'An account was disabled; everything it was signed in to ended.',
  'account.enabled': 'An account may sign in again.',
  'account.roles-changed': 'The roles that an account was granted directly were changed; its tokens ended.',
  'account.sign-ins-ended': 'An administrator ended all sign-ins of an account.',
  'account.deleted': 'An account was deleted, with everything that is known of its person.',
  'account.unlocked': 'The pauses of an account were lifted.',
  'account.invited': 'An account was prepared and its invitation queued.',
  'account.imported': 'An account of an older system was taken over.',
  'invitation.accepted': 'The invited person made the account theirs.',
  'invitation.refused': 'An invitation was followed, but no account could be made.',

  'user-type.loaded': 'A user type was loaded from the configuration.',
  'user-type.changed': 'A new version of a user type came into force.',
  'key.rotated': 'The next signing keys were made; the former ones stay in the key set until their end.',
  'key.rewrapped': 'Keys were sealed anew under the first master key.',
  'data.restored': 'The data was restored from a backup, which ended every sign-in and token of before.',
  'authorization.refused': 'An authorization request was refused.',
  'request.refused': 'A request was refused before anything was done.',
} as const satisfies Record<string, string>

export type AuditEventName = keyof typeof AUDIT_EVENTS

/**
 * What several journeys share, once: check a password, read what a new account is made from, find whom a code alone
 * signs in, send a code, check a code, open an account, ask for what an account lacks, finish a sign-in, set a forgotten
 * password anew. Pages and JSON call the same functions. Owns no record and no order: journeys do. Knows
 * nothing of HTTP.
 */

export {
  type AcceptInvitation,
  type AcceptInvitationResult,
  createAcceptInvitation,
  invitedContact,
} from './accept-invitation.ts'
export {
  type Administration,
  type AdministrationParts,
  createAdministration,
} from './administration/administration.ts'
export type { ApprovalRefusal, ApproveOutcome } from './administration/approve.ts'
export type { ChangeOutcome } from './administration/change-account.ts'
export type { ClientOperations, ClientOutcome } from './administration/clients.ts'
export type { DeleteOutcome } from './administration/delete-account.ts'
export { type RowProblem, sayProblem } from './administration/employee-rows.ts'
export {
  type AddEmployeeResult,
  type ChangeEmployeeResult,
  createEmployeeOperations,
  type EmployeeChange,
  type EmployeeOperations,
} from './administration/employees.ts'
export {
  createImportAccounts,
  type ImportAccounts,
  type ImportedRow,
  type RowReport,
} from './administration/import-accounts.ts'
export {
  createImportEmployees,
  type ImportEmployees,
  type ImportMode,
  type ImportResult,
} from './administration/import-employees.ts'
export type { InviteOutcome } from './administration/invite.ts'
export { IMPORTED_COLUMNS } from './administration/read-imported-row.ts'
export type { InvitationProblem, InvitationTyped } from './administration/read-invitation.ts'
export type { Revoke, Revoked, RevokeOutcome } from './administration/revoke.ts'
export type { SetRolesOutcome } from './administration/set-roles.ts'
export { type AfterAnswer, createAfterAnswer } from './after-answer.ts'
export { findNoted, isBeingSent } from './being-sent.ts'
export type { ActingPerson, ChangeAccount, ChangeResult } from './change-account.ts'
export { createChangeAccount } from './change-account.ts'
export { type ChangeContact, type ContactProblem, createChangeContact } from './change-contact.ts'
export { type ChangePassword, type ChangePasswordProblem, createChangePassword } from './change-password.ts'
export { type ChangeProfile, createChangeProfile } from './change-profile.ts'
export { type CheckCode, type CodeResult, createCheckCode } from './check-code.ts'
export {
  type CheckNewPassword,
  createCheckNewPassword,
  type PasswordProblem,
} from './check-new-password.ts'
export { type CheckPassword, createCheckPassword, type KnownPerson } from './check-password.ts'
export { type Claim, type ClaimByCode, type Claimed, createClaimByCode } from './claim-by-code.ts'
export { type CodePolicyOf, createCodePolicyOf, recoveryCodePolicy } from './code-policy.ts'
export { type CompleteAccount, createCompleteAccount, type Lacking } from './complete-account.ts'
export { type ConfirmPassword, createConfirmPassword } from './confirm-password.ts'
export { type Claimant, createFindClaimant, type FindClaimant } from './find-claimant.ts'
export { createFinishSignIn, type FinishSignIn } from './finish-sign-in.ts'
export { createLeave, type Leave } from './leave.ts'
export { createNotices, type Notices } from './notices.ts'
export {
  createOpenAccount,
  type OpenAccount,
  type OpenAccountResult,
  type ProvedPerson,
} from './open-account.ts'
export { createOpenByCode, type OpenByCode } from './open-by-code.ts'
export { createOwnData, type OwnData } from './own-data.ts'
export {
  type AccountProblem,
  createReadNewAccount,
  type NewAccountRules,
  type ReadAccount,
  type ReadNewAccount,
  type WayToVerify,
  waysToVerify,
} from './read-new-account.ts'
export {
  createResetPassword,
  type ResetGrounds,
  type ResetPassword,
  type Resettable,
} from './reset-password.ts'
export {
  type BudgetSpent,
  type CodeRequest,
  createSendCode,
  type OnBudgetSpent,
  type SendCode,
  type SendResult,
} from './send-code.ts'
export { wayTo } from './way-to.ts'

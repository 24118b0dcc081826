import {
  createAcceptInvitation,
  createAfterAnswer,
  createChangeAccount,
  createChangeContact,
  createChangePassword,
  createChangeProfile,
  createCheckCode,
  createCheckNewPassword,
  createCheckPassword,
  createClaimByCode,
  createCodePolicyOf,
  createCompleteAccount,
  createConfirmPassword,
  createFindClaimant,
  createFinishSignIn,
  createLeave,
  createNotices,
  createOpenAccount,
  createOpenByCode,
  createReadNewAccount,
  createResetPassword,
  createSendCode,
  recoveryCodePolicy,
} from '../steps/index.ts'
import type { Rooms, RoomsParts } from './rooms.ts'

export type Steps = ReturnType<typeof createSteps>

/** What journeys share, made once. */
export function createSteps(parts: RoomsParts, rooms: Rooms) {
  const { settings, storage, audit, clock, random, log } = parts
  const { accounts, accountFields, employees, passwords, limits, devices, otp, messages, queue } = rooms
  const stores = {
    accountStore: storage.accounts,
    userTypes: storage.userTypes,
    revocationStore: storage.revocations,
  }
  const { language, productName, phoneRegion } = settings.pages
  const { wake } = queue
  const messageStore = storage.messages
  const afterAnswer = createAfterAnswer(random, log)
  const notices = createNotices({ messages, messageStore, limits, language, clock, afterAnswer, wake })
  const changeAccount = createChangeAccount({ ...stores, accounts, clock, wake })
  const confirmPassword = createConfirmPassword({ passwords, limits, devices, notices, audit })
  const own = { changeAccount, confirmPassword, notices, audit, clock }
  const checkNewPassword = createCheckNewPassword({ productName })
  const codePolicyOf = createCodePolicyOf(settings.limits)
  const countries = settings.limits.send
  const claimParts = { ...stores, accounts, devices, codePolicyOf, phoneRegion, countries }
  return {
    afterAnswer,
    changeContact: createChangeContact({ ...own, accounts, codePolicyOf, phoneRegion, countries }),
    changePassword: createChangePassword({ ...own, passwords, checkNewPassword }),
    changeProfile: createChangeProfile({ ...own, accountFields, limits, phoneRegion }),
    leave: createLeave(own),
    sendCode: createSendCode({
      otp,
      messages,
      limits,
      audit,
      afterAnswer,
      wake,
      onBudgetSpent: ({ budget }) => parts.metrics.budgetRefused(budget),
    }),
    checkCode: createCheckCode({ otp, limits, audit }),
    codePolicyOf,
    claimByCode: createClaimByCode(claimParts),
    openByCode: createOpenByCode({ ...stores, accounts, audit, clock }),
    completeAccount: createCompleteAccount({ ...stores, accountFields, limits, audit, clock, phoneRegion }),
    recoveryCodePolicy: recoveryCodePolicy(settings.limits),
    findClaimant: createFindClaimant({ ...stores, accounts, devices, clock }),
    resetPassword: createResetPassword({
      ...stores,
      ownerLinks: rooms.ownerLinks,
      checkNewPassword,
      passwords,
      notices,
      audit,
      clock,
      wake,
    }),
    checkPassword: createCheckPassword({ ...stores, accounts, passwords, limits, devices, notices, audit }),
    finishSignIn: createFinishSignIn({ ...stores, devices, notices, audit, clock }),
    acceptInvitation: createAcceptInvitation({ accounts, employees, limits, audit, clock }),
    openAccount: createOpenAccount({ accounts, employees, limits, audit, clock }),
    readNewAccount: createReadNewAccount({ productName, phoneRegion, countries }),
  }
}

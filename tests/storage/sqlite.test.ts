import { describeAccountStore } from '../../src/domain/accounts/account-store.contract.ts'
import { describeAuditStore } from '../../src/domain/audit/audit-store.contract.ts'
import { describeMessageStore } from '../../src/domain/delivery/message-store.contract.ts'
import { describeDeviceStore } from '../../src/domain/devices/device-store.contract.ts'
import { describeEmployeeStore } from '../../src/domain/employees/employee-store.contract.ts'
import { describeKeyStore } from '../../src/domain/keys/key-store.contract.ts'
import { describeLimitStore } from '../../src/domain/limits/limit-store.contract.ts'
import { describeChallengeStore } from '../../src/domain/otp/challenge-store.contract.ts'
import { describeProgressStore } from '../../src/domain/progress/progress-store.contract.ts'
import { describeRevocationStore } from '../../src/domain/revocations/revocation-store.contract.ts'
import { describeUserTypeStore } from '../../src/domain/user-types/user-type-store.contract.ts'
import { describeDeadArtifacts } from '../../src/oidc/artifact-dead.contract.ts'
import { describeProlongedArtifacts } from '../../src/oidc/artifact-prolonged.contract.ts'
import { describeArtifactStore } from '../../src/oidc/artifact-store.contract.ts'
import { describeClientStateStore } from '../../src/oidc/client-state-store.contract.ts'
import { describeLogoutNoticeStore } from '../../src/oidc/logout-notice-store.contract.ts'
import { describeLeaseStore } from '../../src/workers/lease-store.contract.ts'
import { sqlite } from '../support/sqlite-backend.ts'

describeAccountStore(sqlite)
describeArtifactStore(sqlite)
describeProlongedArtifacts(sqlite)
describeDeadArtifacts(sqlite)
describeAuditStore(sqlite)
describeChallengeStore(sqlite)
describeClientStateStore(sqlite)
describeDeviceStore(sqlite)
describeEmployeeStore(sqlite)
describeKeyStore(sqlite)
describeLeaseStore(sqlite)
describeLimitStore(sqlite)
describeLogoutNoticeStore(sqlite)
describeMessageStore(sqlite)
describeProgressStore(sqlite)
describeRevocationStore(sqlite)
describeUserTypeStore(sqlite)

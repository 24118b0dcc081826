import type { ClientStateStore } from '../../oidc/index.ts'
import type { Companions } from './companions.ts'
import type { Database } from './database.ts'

export function createClientStateStore(database: Database, companions: Companions): ClientStateStore {
  const find = database.prepare<{ disabled: number }>(
    'SELECT disabled FROM client_state WHERE client_id = :clientId',
  )
  const keep = database.prepare(
    `INSERT INTO client_state (client_id, disabled, changed_at) VALUES (:clientId, :disabled, :at)
     ON CONFLICT (client_id) DO UPDATE SET disabled = excluded.disabled, changed_at = excluded.changed_at`,
  )
  const isDisabled = (clientId: string) => find.get({ clientId })?.disabled === 1

  return {
    isDisabled: (clientId) => database.read(() => isDisabled(clientId)),
    setDisabled: (clientId, disabled, { raises, audit, at }) =>
      database.write(() => {
        // Safe to look before acting: nobody else writes while this transaction is open.
        if (isDisabled(clientId) === disabled) return false
        keep.run({ clientId, disabled: disabled ? 1 : 0, at })
        companions.raise(raises, at)
        companions.appendAudit(audit)
        return true
      }),
  }
}

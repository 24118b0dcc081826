import { describe, expect, it } from '@jest/globals'
import { type Backend, freshStore } from '../../tests/support/backend.ts'
import { anAuditEntry, NOON } from '../../tests/support/records.ts'
import type { ClientStateWrite } from './client-state-store.ts'

export function describeClientStateStore(backend: Backend): void {
  describe(`${backend.name}: client states`, () => {
    const opened = freshStore(backend)

    const aWrite = (): ClientStateWrite => ({
      raises: [{ owner: { kind: 'client', id: 'shop' }, signIn: true }],
      audit: [anAuditEntry()],
      at: NOON,
    })
    async function written() {
      const { storage } = opened()
      const [generations] = await storage.revocations.findGenerations([{ kind: 'client', id: 'shop' }])
      return { records: await storage.audit.countUnsealed(), raised: generations?.signIn }
    }

    it('knows a client as enabled until it is disabled, for every process at once', async () => {
      const { storage, second } = opened()
      expect(await storage.clientStates.isDisabled('shop')).toBe(false)
      expect(await storage.clientStates.setDisabled('shop', true, aWrite())).toBe(true)
      expect(await second.clientStates.isDisabled('shop')).toBe(true)
      expect(await second.clientStates.isDisabled('bank')).toBe(false)
      expect(await written()).toEqual({ records: 1, raised: 1 })
      expect(await second.clientStates.setDisabled('shop', false, { ...aWrite(), raises: [] })).toBe(true)
      expect(await storage.clientStates.isDisabled('shop')).toBe(false)
      expect(await written()).toEqual({ records: 2, raised: 1 })
    })

    it('writes nothing where it was so already', async () => {
      const { storage } = opened()
      expect(await storage.clientStates.setDisabled('shop', false, aWrite())).toBe(false)
      await storage.clientStates.setDisabled('shop', true, aWrite())
      expect(await storage.clientStates.setDisabled('shop', true, aWrite())).toBe(false)
      expect(await written()).toEqual({ records: 1, raised: 1 })
    })

    it('lets one of many calls change it', async () => {
      const { storage, second } = opened()
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 ? storage : second).clientStates.setDisabled('shop', true, aWrite()),
        ),
      )
      expect(results.filter(Boolean)).toHaveLength(1)
      expect(await written()).toEqual({ records: 1, raised: 1 })
    })
  })
}

import { describe, expect, it } from '@jest/globals'
import { type Backend, freshStore } from '../../../tests/support/backend.ts'
import { anAuditEntry, at, justBefore, NOON } from '../../../tests/support/records.ts'
import type { Device } from './device-store.ts'

function aDevice(changes: Partial<Device> = {}): Device {
  return {
    idHash: Buffer.alloc(32, 7),
    accountId: 'acc_ann',
    accountGeneration: 0,
    label: 'Firefox on Windows',
    createdAt: NOON,
    lastSeenAt: NOON,
    expiresAt: at(60),
    ...changes,
  }
}

export function describeDeviceStore(backend: Backend): void {
  describe(`${backend.name}: devices`, () => {
    const opened = freshStore(backend)

    it('gives back what went in, on every handle, until it expires', async () => {
      const { storage, second } = opened()
      await storage.devices.remember(aDevice({ label: null }), [])
      const found = await second.devices.find(aDevice().idHash, justBefore(at(60)))
      expect(found).toMatchObject({ ...aDevice({ label: null }), idHash: expect.anything() })
      expect(Buffer.from(found?.idHash ?? [])).toEqual(aDevice().idHash)
      expect(await second.devices.find(aDevice().idHash, at(60))).toBeNull()
      expect(await second.devices.find(Buffer.alloc(32, 8), NOON)).toBeNull()
    })

    it('is seen again later, and keeps when it was first seen', async () => {
      const { storage } = opened()
      await storage.devices.remember(aDevice(), [])
      await storage.devices.remember(
        aDevice({ createdAt: at(30), lastSeenAt: at(30), expiresAt: at(90) }),
        [],
      )
      expect(await storage.devices.find(aDevice().idHash, at(60))).toMatchObject({
        createdAt: NOON,
        lastSeenAt: at(30),
        expiresAt: at(90),
      })
    })

    it('is absent once the sign-in generation of its account was raised, and back when it is remembered anew', async () => {
      const { storage, second } = opened()
      await storage.devices.remember(aDevice(), [])
      await storage.revocations.raise(
        [{ owner: { kind: 'account', id: 'acc_ann' }, signIn: false }],
        NOON,
        [],
      )
      expect(await second.devices.find(aDevice().idHash, NOON)).not.toBeNull()
      await storage.revocations.raise([{ owner: { kind: 'account', id: 'acc_ann' }, signIn: true }], NOON, [])
      expect(await second.devices.find(aDevice().idHash, NOON)).toBeNull()
      await storage.devices.remember(aDevice({ accountGeneration: 1 }), [])
      expect(await second.devices.find(aDevice().idHash, NOON)).not.toBeNull()
    })

    it('lists the devices of one account that are not absent, the one seen last first', async () => {
      const { storage, second } = opened()
      const place = (n: number, changes: Partial<Device> = {}) =>
        storage.devices.remember(aDevice({ idHash: Buffer.alloc(32, n), lastSeenAt: at(n), ...changes }), [])
      await place(1)
      await place(2)
      await place(3, { accountId: 'acc_bob' })
      await place(4, { expiresAt: NOON })
      const listed = await second.devices.listByAccount('acc_ann', NOON, 10)
      expect(listed.map(({ idHash }) => idHash[0])).toEqual([2, 1])
      expect(await second.devices.listByAccount('acc_ann', NOON, 1)).toHaveLength(1)
      await storage.revocations.raise([{ owner: { kind: 'account', id: 'acc_ann' }, signIn: true }], NOON, [])
      expect(await second.devices.listByAccount('acc_ann', NOON, 10)).toEqual([])
    })

    it('forgets a device of its account alone, with the record', async () => {
      const { storage } = opened()
      const entry = anAuditEntry()
      await storage.devices.remember(aDevice(), [])
      expect(await storage.devices.remove('acc_bob', aDevice().idHash, [anAuditEntry()])).toBe(false)
      expect(await storage.devices.remove('acc_ann', aDevice().idHash, [entry])).toBe(true)
      expect(await storage.devices.remove('acc_ann', aDevice().idHash, [anAuditEntry()])).toBe(false)
      expect(await storage.devices.find(aDevice().idHash, NOON)).toBeNull()
      expect((await storage.audit.listUnsealed(10)).map(({ id }) => id)).toEqual([entry.id])
    })

    it('tidies away what has expired, some at a time', async () => {
      const { storage } = opened()
      for (let n = 0; n < 3; n++) await storage.devices.remember(aDevice({ idHash: Buffer.alloc(32, n) }), [])
      await storage.devices.remember(aDevice({ idHash: Buffer.alloc(32, 9), expiresAt: at(61) }), [])
      expect(await storage.devices.tidy(at(60), 2)).toBe(2)
      expect(await storage.devices.tidy(at(60), 2)).toBe(1)
      expect(await storage.devices.tidy(at(60), 2)).toBe(0)
      expect(await storage.devices.find(Buffer.alloc(32, 9), at(60))).not.toBeNull()
    })
  })
}

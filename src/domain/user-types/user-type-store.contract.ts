import { describe, expect, it } from '@jest/globals'
import { type Backend, freshStore } from '../../../tests/support/backend.ts'
import { call, race, values } from '../../../tests/support/race.ts'
import { anAuditEntry, at, aUserType, NOON } from '../../../tests/support/records.ts'

export function describeUserTypeStore(backend: Backend): void {
  describe(`${backend.name}: user types`, () => {
    const opened = freshStore(backend)

    it('gives back what went in, as version 1, on every handle', async () => {
      const { storage, second } = opened()
      const full = aUserType({
        id: 'civilian',
        name: 'Bürger·in 中文 🙂',
        roles: ['a.b', 'c:d'],
        fields: [
          {
            name: 'aadhaar',
            label: 'Aadhaar $number.',
            kind: 'nationalId',
            required: true,
            unique: true,
            sensitive: true,
            maxLength: 12,
            editableBy: 'admin',
          },
        ],
      })
      expect(await storage.userTypes.keep([full], NOON, [])).toEqual(['civilian'])
      expect(await second.userTypes.find('civilian')).toEqual({ type: full, version: 1, createdAt: NOON })
      expect(await second.userTypes.find('unknown')).toBeNull()
    })

    it('has one fingerprint on every handle until a type comes or changes', async () => {
      const { storage, second } = opened()
      const seen = [await storage.userTypes.fingerprint()]
      await storage.userTypes.keep([aUserType()], NOON, [])
      seen.push(await second.userTypes.fingerprint())
      await storage.userTypes.keep([aUserType({ id: 'judge' })], at(1), [])
      seen.push(await second.userTypes.fingerprint())
      await storage.userTypes.replace(aUserType(), 1, at(2), { audit: [], raises: [] })
      seen.push(await second.userTypes.fingerprint())
      expect(new Set(seen).size).toBe(4)

      await storage.userTypes.keep([aUserType()], at(3), [])
      await storage.userTypes.replace(aUserType(), 1, at(3), { audit: [], raises: [] })
      expect(await storage.userTypes.fingerprint()).toBe(seen[3])
      expect(await second.userTypes.fingerprint()).toBe(seen[3])
    })

    it('lists what a type ever was, the newest first', async () => {
      const { storage, second } = opened()
      await storage.userTypes.keep([aUserType({ name: 'One' }), aUserType({ id: 'judge' })], NOON, [])
      const next = aUserType({ name: 'Two' })
      await storage.userTypes.replace(next, 1, at(1), { audit: [], raises: [] })
      expect(await second.userTypes.listVersions('user')).toEqual([
        { type: next, version: 2, createdAt: at(1) },
        { type: aUserType({ name: 'One' }), version: 1, createdAt: NOON },
      ])
      expect(await second.userTypes.listVersions('unknown')).toEqual([])
    })

    it('lists all by id', async () => {
      const { storage } = opened()
      expect(await storage.userTypes.list()).toEqual([])
      const types = ['police', 'admin', 'user'].map((id) => aUserType({ id }))
      await storage.userTypes.keep(types, NOON, [])
      const listed = await storage.userTypes.list()
      expect(listed.map(({ type }) => type.id)).toEqual(['admin', 'police', 'user'])
    })

    it('keeps only types whose id is new, and leaves the others as they are', async () => {
      const { storage, second } = opened()
      const first = aUserType({ name: 'First' })
      const entry = anAuditEntry()
      await storage.userTypes.keep([first], NOON, [entry])
      const later = [aUserType({ name: 'Changed in the file' }), aUserType({ id: 'judge' })]
      expect(await second.userTypes.keep(later, at(5), [])).toEqual(['judge'])
      expect(await storage.userTypes.find('user')).toEqual({ type: first, version: 1, createdAt: NOON })
      expect(await storage.userTypes.find('judge')).toMatchObject({ createdAt: at(5) })
      expect(await storage.audit.listUnsealed(10)).toEqual([entry])
    })

    it('writes no record where no type was new', async () => {
      const { storage } = opened()
      await storage.userTypes.keep([aUserType()], NOON, [])
      expect(await storage.userTypes.keep([aUserType()], NOON, [anAuditEntry()])).toEqual([])
      expect(await storage.audit.countUnsealed()).toBe(0)
    })

    it('keeps each type once when two processes start at once', async () => {
      const { settings, storage } = opened()
      const types = ['user', 'judge', 'police'].map((id) => aUserType({ id }))
      const keep = () => [call('userTypes', 'keep', types, NOON, [anAuditEntry()])]
      const kept = values(await race(settings, keep(), keep())) as string[][]
      expect(kept.flat().sort()).toEqual(['judge', 'police', 'user'])
      expect(await storage.userTypes.list()).toHaveLength(3)
      expect(await storage.audit.countUnsealed()).toBe(1)
    })

    it('puts a new version in force while the old one is, with its record and its generation', async () => {
      const { storage, second } = opened()
      await storage.userTypes.keep([aUserType()], NOON, [])
      const changed = aUserType({ name: 'Changed', roles: ['reader'] })
      const entry = anAuditEntry()
      const raises = [{ owner: { kind: 'user-type', id: 'user' }, signIn: false }] as const
      expect(await second.userTypes.replace(changed, 1, at(5), { audit: [entry], raises })).toBe('replaced')
      expect(await storage.userTypes.find('user')).toEqual({ type: changed, version: 2, createdAt: at(5) })
      expect(await storage.audit.listUnsealed(10)).toEqual([entry])
      expect(await storage.revocations.findGenerations([{ kind: 'user-type', id: 'user' }])).toEqual([
        { token: 1, signIn: 0 },
      ])
      expect(await storage.userTypes.keep([aUserType()], at(9), [])).toEqual([])
      expect(await second.userTypes.replace(changed, 2, at(9), { audit: [], raises: [] })).toBe('replaced')
      expect(await storage.userTypes.find('user')).toMatchObject({ version: 3 })
    })

    it('leaves everything as it is where another version is in force, or none', async () => {
      const { storage } = opened()
      await storage.userTypes.keep([aUserType()], NOON, [])
      const write = {
        audit: [anAuditEntry()],
        raises: [{ owner: { kind: 'user-type', id: 'user' }, signIn: false }],
      } as const
      for (const [type, from] of [
        [aUserType({ name: 'Changed' }), 2],
        [aUserType({ name: 'Changed' }), 0],
        [aUserType({ id: 'unknown' }), 1],
      ] as const) {
        expect(await storage.userTypes.replace(type, from, at(5), write)).toBe('conflict')
      }
      expect(await storage.userTypes.list()).toHaveLength(1)
      expect(await storage.userTypes.find('user')).toMatchObject({ version: 1 })
      expect(await storage.audit.countUnsealed()).toBe(0)
      expect(await storage.revocations.findGenerations([{ kind: 'user-type', id: 'user' }])).toEqual([
        { token: 0, signIn: 0 },
      ])
    })

    const creating = (id: string) => aUserType({ id, passwordless: { createsAccounts: true } })
    const nothing = { audit: [], raises: [] }

    it('lets one type create accounts, and another when that one does no longer', async () => {
      const { storage } = opened()
      await storage.userTypes.keep([creating('user'), aUserType({ id: 'judge' })], NOON, [])
      const { userTypes } = storage
      expect(await userTypes.replace(creating('judge'), 1, at(1), nothing)).toBe('another-creates-accounts')
      expect(await userTypes.find('judge')).toMatchObject({ version: 1 })
      expect(await userTypes.replace({ ...creating('user'), name: 'New' }, 1, at(2), nothing)).toBe(
        'replaced',
      )
      expect(await userTypes.replace(aUserType(), 2, at(3), nothing)).toBe('replaced')
      expect(await userTypes.replace(creating('judge'), 1, at(4), nothing)).toBe('replaced')
    })

    it('takes one of many changes at once, and makes one creator of two, over two processes', async () => {
      const { settings, storage } = opened()
      const ids = ['user', 'judge']
      await storage.userTypes.keep(
        ids.map((id) => aUserType({ id })),
        NOON,
        [],
      )
      const change = (id: string) =>
        Array.from({ length: 10 }, () => call('userTypes', 'replace', creating(id), 1, at(5), nothing))
      const results = values(await race(settings, change('user'), change('judge')))
      expect(results.filter((result) => result === 'replaced')).toHaveLength(1)
      const listed = await storage.userTypes.list()
      expect(listed.map(({ version }) => version).sort()).toEqual([1, 2])
    })
  })
}

import { describe, expect, it } from '@jest/globals'
import { type Backend, freshStore } from '../../../tests/support/backend.ts'
import { call, countOf, race, values } from '../../../tests/support/race.ts'
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

    it('puts a new version in force, with record and raise; the version before stays no longer', async () => {
      const { storage, second } = opened()
      await storage.userTypes.keep([aUserType(), aUserType({ id: 'judge' })], NOON, [])
      const next = aUserType({ name: 'Changed', roles: ['x'] })
      const entry = anAuditEntry()
      const raises = [{ owner: { kind: 'user-type', id: 'user' }, signIn: false }] as const
      expect(await second.userTypes.replace(next, 1, at(5), { audit: [entry], raises })).toBe(true)
      expect(await storage.userTypes.find('user')).toEqual({ type: next, version: 2, createdAt: at(5) })
      expect((await storage.userTypes.list()).map(({ type, version }) => [type.id, version])).toEqual([
        ['judge', 1],
        ['user', 2],
      ])
      expect(await storage.audit.listUnsealed(10)).toEqual([entry])
      expect(await storage.revocations.findGenerations([{ kind: 'user-type', id: 'user' }])).toEqual([
        { token: 1, signIn: 0 },
      ])
      expect(await storage.userTypes.keep([aUserType()], at(9), [])).toEqual([])
      expect(await second.userTypes.replace(next, 2, at(9), { audit: [], raises: [] })).toBe(true)
      expect(await storage.userTypes.find('user')).toMatchObject({ version: 3 })
    })

    it('puts none in force when another version is, or the type is unknown', async () => {
      const { storage } = opened()
      await storage.userTypes.keep([aUserType()], NOON, [])
      const write = {
        audit: [anAuditEntry()],
        raises: [{ owner: { kind: 'user-type', id: 'user' }, signIn: false }] as const,
      }
      for (const from of [0, 2]) {
        expect(await storage.userTypes.replace(aUserType({ name: 'X' }), from, at(5), write)).toBe(false)
      }
      expect(await storage.userTypes.replace(aUserType({ id: 'judge' }), 1, at(5), write)).toBe(false)
      expect(await storage.userTypes.replace(aUserType({ id: 'judge' }), 0, at(5), write)).toBe(false)
      expect(await storage.userTypes.find('user')).toMatchObject({ version: 1, type: aUserType() })
      expect(await storage.userTypes.find('judge')).toBeNull()
      expect(await storage.audit.countUnsealed()).toBe(0)
      expect(await storage.revocations.findGenerations([{ kind: 'user-type', id: 'user' }])).toEqual([
        { token: 0, signIn: 0 },
      ])
    })

    it('lets one of many new versions win, over two processes', async () => {
      const { settings, storage } = opened()
      await storage.userTypes.keep([aUserType()], NOON, [])
      const replace = () =>
        call('userTypes', 'replace', aUserType(), 1, at(5), { audit: [anAuditEntry()], raises: [] })
      const outcomes = await race(
        settings,
        Array.from({ length: 10 }, replace),
        Array.from({ length: 10 }, replace),
      )
      expect(countOf(true, outcomes)).toBe(1)
      expect(await storage.userTypes.find('user')).toMatchObject({ version: 2 })
      expect(await storage.audit.countUnsealed()).toBe(1)
    })
  })
}

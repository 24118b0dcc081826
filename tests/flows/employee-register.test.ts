import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ClaimWrite } from '../../src/domain/accounts/index.ts'
import { addSeconds, systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { type Data, openData } from '../../src/open-data.ts'
import { createEmployeeOperations, createImportEmployees } from '../../src/steps/index.ts'
import { addAccount } from '../support/add-account.ts'
import { administer } from '../support/administer.ts'
import { auditOf } from '../support/audit-records.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { createVisitor } from '../support/form-visitor.ts'
import type { TestNode } from '../support/node.ts'
import { anOrigin } from '../support/operators.ts'
import { codeFor, GOOD_PASSWORD, tokensOf } from '../support/people.ts'
import { anEmployee, aUserType } from '../support/records.ts'
import { json, type RegisterService, startRegisterService, status } from '../support/register-service.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'

/** A type as an organisation may have it: whoever is a magistrate in the register gets these roles. */
const MAGISTRATE = aUserType({
  id: 'magistrate',
  identifiers: ['employeeId'],
  roles: ['magistrate', 'bench'],
  employee: { roles: ['magistrate', 'chief-magistrate'], match: [], contact: 'record' },
})
const ROLES = ['archive', 'bench', 'magistrate']
const RECORD = anEmployee({ role: 'magistrate' })

/** What another process does on the data of a node. */
async function onData<T>(node: Pick<TestNode, 'settings'>, act: (data: Data) => Promise<T>): Promise<T> {
  const data = await openData(node.settings, systemClock, systemRandom)
  try {
    return await act(data)
  } finally {
    await data.storage.close()
  }
}

async function startWithMagistrates(env: Readonly<Record<string, string>> = {}): Promise<FastNode> {
  const node = await startFastNode({ env })
  await onData(node, ({ storage }) => storage.userTypes.keep([MAGISTRATE], systemClock.now(), []))
  return node
}

/** An officer who has claimed the employee id, signed in. */
async function signedInOfficer(node: TestNode, employeeId: string, claim: Partial<ClaimWrite>) {
  const email = `${employeeId}@courts.example`
  const id = await addAccount(node, {
    userType: 'magistrate',
    employeeId,
    email,
    roles: ['archive'],
    claim: { employeeId, recordVersion: 1, role: 'magistrate', checkedAt: systemClock.now(), ...claim },
  })
  const rp = createRelyingParty(node.url)
  const visitor = createVisitor(node.url)
  const request = rp.authorize()
  await visitor.follow(await visitor.get(request.url))
  await visitor.submit('sign-in', { identifier: employeeId.toUpperCase(), password: GOOD_PASSWORD })
  const end = await visitor.submit('code', { code: await codeFor(node.url, email) })
  const tokens = await tokensOf({ rp, request, end })
  let refreshToken = tokens.refresh_token ?? ''

  return {
    id,
    tokens,
    /** The next tokens. */
    async refresh() {
      const { status: code, body } = await rp.token({
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
      })
      if (code !== 200 || !body.access_token || !body.id_token) throw new Error(`No tokens: ${code}`)
      refreshToken = body.refresh_token ?? refreshToken
      return { access_token: body.access_token, id_token: body.id_token }
    },
    userinfo: (token: string) =>
      fetch(`${node.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } }),
  }
}

const rolesIn = (token: string) => claimsOf(token)['roles']

/** The records of what the register changed for this account. */
async function standingRecords(node: TestNode, id: string) {
  const records = await auditOf(node, 'employee.standing-changed')
  return records.filter(({ subjectId }) => subjectId === id).map(({ reason }) => reason)
}

describe('an officer of the built-in register', () => {
  let node: FastNode

  beforeAll(async () => {
    node = await startWithMagistrates()
  })
  afterAll(() => node.stop())

  async function officer(employeeId: string) {
    const record = { ...RECORD, employeeId, shownId: employeeId.toUpperCase() }
    const write = { audit: [], raises: [], at: systemClock.now() }
    await onData(node, ({ storage }) => storage.employees.insert(record, write))
    return signedInOfficer(node, employeeId, {})
  }

  function operate<T>(act: (operations: ReturnType<typeof createEmployeeOperations>) => Promise<T>) {
    return onData(node, ({ storage, audit }) =>
      act(
        createEmployeeOperations({
          store: storage.employees,
          isBuiltIn: true,
          audit,
          phoneRegion: null,
          clock: systemClock,
        }),
      ),
    )
  }

  const change = (employeeId: string, texts: { role?: string; status?: string; fullName?: string }) =>
    operate((operations) => operations.change(employeeId, { version: null, ...texts }, anOrigin()))

  it('has the roles of the type and those granted directly, in every token', async () => {
    const { tokens, refresh, userinfo } = await officer('mag-1')
    const next = await refresh()
    for (const token of [tokens.access_token, tokens.id_token, next.access_token, next.id_token]) {
      expect(rolesIn(token)).toEqual(ROLES)
    }
    expect(await (await userinfo(next.access_token)).json()).toMatchObject({ roles: ROLES })
  })

  it.each([
    ['mag-2', 'suspended', { status: 'suspended' }],
    ['mag-3', 'ended', { status: 'ended' }],
    ['mag-4', 'role', { role: 'clerk' }],
  ])('loses all of them at once when the record is changed (%s: %s)', async (employeeId, reason, texts) => {
    const { id, tokens, refresh, userinfo } = await officer(employeeId)
    expect((await userinfo(tokens.access_token)).status).toBe(200)
    expect(await change(employeeId, texts)).toMatchObject({ kind: 'changed' })
    expect((await userinfo(tokens.access_token)).status).toBe(401)
    const next = await refresh()
    expect(rolesIn(next.access_token)).toEqual([])
    expect(rolesIn(next.id_token)).toEqual([])
    expect(claimsOf(next.access_token)).toMatchObject({ sub: id, user_type: 'magistrate' })
    expect(await (await userinfo(next.access_token)).json()).toMatchObject({ sub: id, roles: [] })
    expect(await standingRecords(node, id)).toEqual([reason])
  })

  it('has them again once the record is in force again', async () => {
    const { refresh } = await officer('mag-5')
    await change('mag-5', { status: 'suspended' })
    expect(rolesIn((await refresh()).access_token)).toEqual([])
    await change('mag-5', { status: 'active', role: 'chief-magistrate' })
    expect(rolesIn((await refresh()).access_token)).toEqual(ROLES)
  })

  it('keeps token and roles when a name is changed alone', async () => {
    const { id, tokens, userinfo } = await officer('mag-6')
    await change('mag-6', { fullName: 'Another Name' })
    expect((await userinfo(tokens.access_token)).status).toBe(200)
    expect(await standingRecords(node, id)).toEqual([])
  })

  it('loses them when the claim is released', async () => {
    const { tokens, refresh, userinfo } = await officer('mag-7')
    expect(await operate((operations) => operations.release('mag-7', anOrigin()))).toBe('released')
    expect((await userinfo(tokens.access_token)).status).toBe(401)
    expect(rolesIn((await refresh()).access_token)).toEqual([])
  })

  it('loses them by an import', async () => {
    const { id, tokens, refresh, userinfo } = await officer('mag-8')
    const file = 'employeeId,role,status,fullName,email,phone\nMAG-8,magistrate,ended,,,\n'
    const imported = await onData(node, ({ storage, audit }) => {
      const parts = { store: storage.employees, isBuiltIn: true, audit, phoneRegion: null }
      const load = createImportEmployees({ ...parts, clock: systemClock, random: systemRandom })
      async function* source() {
        yield Buffer.from(file)
      }
      return load(source(), 'publish', anOrigin())
    })
    expect(imported).toMatchObject({ kind: 'published', affected: [{ accountId: id }] })
    expect((await userinfo(tokens.access_token)).status).toBe(401)
    expect(rolesIn((await refresh()).access_token)).toEqual([])
    expect(await standingRecords(node, id)).toEqual(['ended'])
  })

  it('is not one by the type of the account alone', async () => {
    const id = await addAccount(node, {
      userType: 'magistrate',
      employeeId: 'mag-9',
      email: 'mag-9@courts.example',
      roles: ['archive'],
    })
    const rp = createRelyingParty(node.url)
    const visitor = createVisitor(node.url)
    const request = rp.authorize()
    await visitor.follow(await visitor.get(request.url))
    await visitor.submit('sign-in', { identifier: 'mag-9', password: GOOD_PASSWORD })
    const end = await visitor.submit('code', { code: await codeFor(node.url, 'mag-9@courts.example') })
    const tokens = await tokensOf({ rp, request, end })
    expect(claimsOf(tokens.access_token)).toMatchObject({ sub: id, roles: [] })
  })
})

describe('an officer of a register elsewhere', () => {
  let service: RegisterService
  let node: FastNode

  beforeAll(async () => {
    service = await startRegisterService()
    node = await startWithMagistrates({
      LATCHKEY_REGISTER_URL: service.url,
      LATCHKEY_REGISTER_TOKEN: 'abc.def',
    })
  })
  afterAll(async () => {
    await node.stop()
    await service.close()
  })

  const officer = (employeeId: string, checkedAt = systemClock.now()) =>
    signedInOfficer(node, employeeId, { recordVersion: null, checkedAt })
  const says = (employeeId: string, office: { role?: string; status?: string } = {}) =>
    service.answer(json({ employeeId, role: 'magistrate', status: 'active', ...office }))

  /** As if the register had last been asked an hour ago. */
  async function age(id: string): Promise<void> {
    await onData(node, async ({ storage }) => {
      const claim = await storage.employees.findClaimOf(id)
      if (!claim) throw new Error('There is a claim.')
      const older = { ...claim, checkedAt: addSeconds(claim.checkedAt, -3600) }
      await storage.employees.noteCheck(older, claim.checkedAt, { audit: [], raises: [] })
    })
  }

  it('has the roles while the last answer is not too old, without a question', async () => {
    service.answer(status(500))
    const before = service.asked.length
    const { tokens } = await officer('out-1')
    expect(rolesIn(tokens.access_token)).toEqual(ROLES)
    expect(service.asked).toHaveLength(before)
  })

  it('has them when the register, asked anew, says the same; it is asked once', async () => {
    const { id, refresh, tokens, userinfo } = await officer('out-2')
    await age(id)
    says('OUT-2')
    const before = service.asked.length
    for (let time = 0; time < 2; time += 1) expect(rolesIn((await refresh()).access_token)).toEqual(ROLES)
    expect(service.asked.slice(before)).toEqual([
      { path: '/employees/out-2', authorization: 'Bearer abc.def' },
    ])
    expect((await userinfo(tokens.access_token)).status).toBe(200)
  })

  it.each([
    ['out-3', 'suspended', { status: 'suspended' }],
    ['out-4', 'role', { role: 'clerk' }],
  ])(
    'loses them when it says something else (%s: %s): older tokens die, the next one lives',
    async (employeeId, reason, office) => {
      const { id, refresh, tokens, userinfo } = await officer(employeeId)
      await age(id)
      says(employeeId, office)
      const next = await refresh()
      expect(rolesIn(next.access_token)).toEqual([])
      expect(rolesIn(next.id_token)).toEqual([])
      expect((await userinfo(tokens.access_token)).status).toBe(401)
      expect((await userinfo(next.access_token)).status).toBe(200)
      expect(await standingRecords(node, id)).toEqual([reason])
    },
  )

  it('loses them when it knows nobody of that id any more', async () => {
    const { id, refresh } = await officer('out-5')
    await age(id)
    service.answer(status(404))
    expect(rolesIn((await refresh()).access_token)).toEqual([])
    expect(await standingRecords(node, id)).toEqual(['absent'])
  })

  it('is given none on an answer that is too old while it is down, and has them once it is back', async () => {
    const { id, refresh, userinfo } = await officer('out-6')
    await age(id)
    service.answer(status(503))
    const without = await refresh()
    expect(rolesIn(without.access_token)).toEqual([])
    expect((await userinfo(without.access_token)).status).toBe(200)
    says('OUT-6')
    expect(rolesIn((await refresh()).access_token)).toEqual(ROLES)
    expect(await standingRecords(node, id)).toEqual([])
  })

  it('signs in all the same while it is down', async () => {
    service.answer(status(503))
    const { id, tokens } = await officer('out-7', addSeconds(systemClock.now(), -3600))
    expect(claimsOf(tokens.access_token)).toMatchObject({ sub: id, roles: [], user_type: 'magistrate' })
  })

  // The register makes a gap of it that is as long as it likes: read before, told after.
  it('gets no token of a refresh during which it is signed out everywhere', async () => {
    const { id, refresh } = await officer('out-8')
    await age(id)
    service.answer(async (request, response) => {
      await administer(node, (administration, _, origin) => administration.endSignIns(id, origin))
      json({ employeeId: 'OUT-8', role: 'magistrate', status: 'active' })(request, response)
    })
    await expect(refresh()).rejects.toThrow('No tokens: 400')
  })
})

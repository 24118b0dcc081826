import { describe, expect, it } from '@jest/globals'
import { anEmployee } from '../../../tests/support/records.ts'
import { type EmployeeRow, readEmployeeRows } from './employee-rows.ts'

const HEADER = 'employeeId,role,status,fullName,email,phone'

async function read(text: string, region: string | null = null): Promise<EmployeeRow[]> {
  async function* source() {
    yield new TextEncoder().encode(text)
  }
  const rows: EmployeeRow[] = []
  for await (const row of readEmployeeRows(source(), region)) rows.push(row)
  return rows
}

/** `row column: problem` of each problem. */
async function problems(text: string, region: string | null = null): Promise<string[]> {
  const rows = await read(text, region)
  return rows
    .flatMap((one) => (one.ok ? [] : one.problems))
    .map(({ row, column, problem }) => `${row} ${column}: ${problem}`)
}

describe('the rows of a register', () => {
  it('are records in canonical form, whatever the order of the columns', async () => {
    const text = [
      '\ufeffphone, email ,fullName,status,role,employeeId,station',
      '098765 00101,Meera@COURTS.example,  Meera   Krishnan,active,judge,JDG-1001,"Court 1, Pune"',
      ',,,ended, judge ,ＪＤＧ-1002,',
    ].join('\r\n')
    const bare = { fullName: null, email: null, phone: null }
    expect(await read(text, 'IN')).toEqual([
      {
        ok: true,
        row: 2,
        record: anEmployee({ email: 'meera@courts.example', attributes: { station: 'Court 1, Pune' } }),
      },
      {
        ok: true,
        row: 3,
        record: anEmployee({ ...bare, employeeId: 'jdg-1002', shownId: 'ＪＤＧ-1002', status: 'ended' }),
      },
    ])
  })

  it('say what is wrong in each column of each row, and go on', async () => {
    const rows = [
      HEADER,
      ',,,,,',
      'a@b,judge,retired,,x@,12',
      `${'x'.repeat(65)},${'r'.repeat(65)},active,${'n'.repeat(1001)},,`,
      '+1,judge,active,,,',
      'ok-1,judge,active,,,',
      'ok-2,judge,active,,',
      'ok-3,judge,active,,,,more',
    ]
    expect(await problems(rows.join('\n'))).toEqual([
      '2 employeeId: missing',
      '2 role: missing',
      '2 status: missing',
      '3 employeeId: malformed',
      '3 status: not-a-status',
      '3 email: malformed',
      '3 phone: malformed',
      '4 employeeId: too-long',
      '4 role: too-long',
      '4 fullName: too-long',
      '5 employeeId: malformed',
      '7 null: cells',
      '8 null: cells',
    ])
  })

  it('say what to write, and never what stands there', async () => {
    const [one] = await read(`${HEADER}\na,judge,retired,,secret@,secret`)
    expect(one?.ok === false && one.problems.map(({ message }) => message)).toEqual([
      'must be active, suspended or ended',
      'must be an email address such as name@example.org',
      'must be a phone number with its country code, such as +919876543210',
    ])
    const [other] = await read(`${HEADER}\na,judge,active,,,secret`, 'IN')
    expect(JSON.stringify(other)).toContain('unless it is one of IN')
    expect(JSON.stringify([one, other])).not.toContain('secret')
  })

  it('need a phone number’s country code where no region is set', async () => {
    const text = `${HEADER}\na,judge,active,,,9876500101`
    expect(await problems(text)).toEqual(['2 phone: malformed'])
    expect(await problems(text, 'IN')).toEqual([])
  })

  it.each([
    ['no header', 'JDG-1001,judge,active,,,', 'has no employeeId, role, status, fullName, email, phone'],
    ['semicolons', HEADER.replaceAll(',', ';'), 'with commas'],
    ['a column too few', 'employeeId,role,status,email,phone', 'has no fullName; '],
    ['a column twice', `${HEADER},x,x`, 'has a column twice'],
    ['a column that has no name', `${HEADER},`, 'whose name is not letters and digits'],
    ['a column that is no name', `${HEADER},__proto__`, 'whose name is not letters and digits'],
    [
      'columns without end',
      `${HEADER}${Array.from({ length: 60 }, (_, i) => `,c${i}`).join('')}`,
      'more than 60',
    ],
  ])('are not read under a header with %s', async (_, text, message) => {
    const rows = await read(`${text}\na,judge,active,,,\n`)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ ok: false, problems: [{ problem: 'header' }] })
    expect(JSON.stringify(rows)).toContain(message)
  })

  it('are none where there is nothing at all', async () => {
    for (const text of ['', '\ufeff', '\n\n']) {
      expect(await read(text)).toMatchObject([{ ok: false, row: 1, problems: [{ problem: 'header' }] }])
    }
  })

  it('end where the text is damaged', async () => {
    expect(await problems(`${HEADER}\na,judge,active,"x,,\nb,judge,active,,,\n`)).toEqual(['2 null: quotes'])
  })
})

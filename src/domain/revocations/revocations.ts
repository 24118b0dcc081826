import type { Random } from '../../lib/ids.ts'
import type { HandleOf, Handles } from './handles.ts'
import type { GenerationOwner, Generations, RevocationStore } from './revocation-store.ts'

/** What a token hangs on. A machine's token has no account, grant or session. Ids are the stored ones. */
export interface TokenRoots {
  readonly audience: string
  readonly jti: string
  readonly clientId: string
  readonly person: {
    readonly accountId: string
    readonly userType: string
    readonly grantId: string
    readonly sessionUid: string | null
  } | null
}

export interface Revocations {
  /** The handles that a token made now carries as `latchkey_rv`: it is dead when one of them is listed. */
  handlesFor(roots: TokenRoots): Promise<string[]>
  /** Is a token with these handles alive: same generations, same issuer, nothing it hangs on ended? */
  isAlive(roots: TokenRoots, handles: readonly string[]): Promise<boolean>
}

export interface RevocationsParts {
  readonly store: RevocationStore
  readonly handles: Handles
}

/** About 2 MB. */
const MOST_LASTING = 10_000

/**
 * The issuer's generation is random, not a counter: a backup restored twice would repeat a counter and wake dead
 * tokens (security.md rule 6).
 */
export async function openIssuerGeneration(store: RevocationStore, random: Random): Promise<string> {
  return store.keepIssuerGeneration(newIssuerGeneration(random))
}

export function newIssuerGeneration(random: Random): string {
  return random.bytes(16).toString('base64url')
}

export function createRevocations({ store, handles: { of, ofIssuer } }: RevocationsParts): Revocations {
  const lasting = new Map<string, string>()

  /** The same for every token of an account, client or user type until its generation is raised. */
  function lastingHandle(audience: string, what: HandleOf, id: string, generation: string): string {
    const name = JSON.stringify([audience, what, id, generation])
    const known = lasting.get(name)
    if (known !== undefined) return known
    const made = of(audience, what, id, generation)
    if (lasting.size >= MOST_LASTING) lasting.clear()
    lasting.set(name, made)
    return made
  }

  async function handlesFor(roots: TokenRoots): Promise<string[]> {
    const { audience, jti, clientId, person } = roots
    const owners: GenerationOwner[] = [{ kind: 'client', id: clientId }]
    if (person)
      owners.push({ kind: 'account', id: person.accountId }, { kind: 'user-type', id: person.userType })
    const generations = await store.findGenerations(owners)
    const handles = [of(audience, 'token', jti, ''), ofIssuer(audience)]
    owners.forEach((owner, index) => {
      handles.push(lastingHandle(audience, owner.kind, owner.id, tokenGeneration(generations[index])))
    })
    if (person) handles.push(of(audience, 'grant', person.grantId, ''))
    if (person?.sessionUid) handles.push(of(audience, 'session', person.sessionUid, ''))
    return handles
  }

  async function hasEnded({ jti, person }: TokenRoots): Promise<boolean> {
    if (await store.isEnded('token', jti)) return true
    if (!person) return false
    if (await store.isEnded('grant', person.grantId)) return true
    return person.sessionUid !== null && (await store.isEnded('session', person.sessionUid))
  }

  return {
    handlesFor,
    async isAlive(roots, handles) {
      const carried = new Set(handles)
      const now = await handlesFor(roots)
      return now.every((one) => carried.has(one)) && !(await hasEnded(roots))
    },
  }
}

function tokenGeneration(generations: Generations | undefined): string {
  return String(generations?.token ?? 0)
}

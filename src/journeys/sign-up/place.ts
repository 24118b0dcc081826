import type { Place as PlaceFor, PlaceOf as PlaceOfFor } from '../../http/place.ts'
import type { CompletedSignIn } from '../../oidc/index.ts'

/** Where a sign-up happens. Inside the authorization request of an application it ends signed in. */
export type Place = PlaceFor<CompletedSignIn>
export type PlaceOf = PlaceOfFor<CompletedSignIn>

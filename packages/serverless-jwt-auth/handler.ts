export {
  type ClientPrincipal,
  clientPrincipalOf,
  isFromClient,
} from '../../lib/authorization/client-principal.ts'
export type { ApiEvent, HttpApiEvent } from '../../lib/authorization/event.ts'
export { principalOf } from '../../lib/authorization/principal.ts'
export { type Challenge, type FieldError, type ProblemCode, ServiceError } from '../../lib/errors.ts'
export { type ApiRoute, apiHandler, type Request } from '../../lib/http/handler.ts'
export { json } from '../../lib/http/responses.ts'
export type { Principal } from '../../lib/users/user.ts'

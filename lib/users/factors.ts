import { isCovered } from '../application/roles.ts'

/** All second factors. A recovery code replaces one for a sign-in. */
export const FACTORS = ['totp', 'passkey'] as const

export type Factor = (typeof FACTORS)[number]

/** The part of a user that names its second factors. */
export interface FactorState {
  /** Their names, with a space between them. Missing without any. */
  factors?: string | undefined
}

/** Returns the second factors of a user. */
export const factorsOf = ({ factors = '' }: FactorState): Factor[] =>
  FACTORS.filter((factor) => factors.split(' ').includes(factor))

/** Returns the value of `factors` after a user has got a factor. */
export const withFactor = (user: FactorState, added: Factor): string =>
  FACTORS.filter((factor) => factor === added || factorsOf(user).includes(factor)).join(' ')

/** Returns the value of `factors` after a user has lost a factor; `undefined`, if it was the last one. */
export const withoutFactor = (user: FactorState, removed: Factor): string | undefined =>
  factorsOf(user)
    .filter((factor) => factor !== removed)
    .join(' ') || undefined

/**
 * The value of {@link AMR} for a password without a second factor. It is a separate constant, so that bundles
 * do not need the others.
 */
export const BY_PASSWORD = 'pwd' as const

/**
 * Authentication methods of a sign-in: values of the claim `amr` with a space between them (RFC 8176 section
 * 2). `mfa` marks two factors. `recovery` is a value of this service.
 * `fed` is a sign-in at another identity provider. It is one factor, also if
 * the provider names more. `mail` is a sign-in by a mail, one factor.
 */
export const AMR = {
  password: BY_PASSWORD,
  totp: 'pwd otp mfa',
  recoveryCode: 'pwd recovery mfa',
  secondPasskey: 'pwd pop mfa',
  passkey: 'pop user mfa',
  federated: 'fed',
  federatedTotp: 'fed otp mfa',
  federatedRecoveryCode: 'fed recovery mfa',
  federatedSecondPasskey: 'fed pop mfa',
  mail: 'mail',
  mailTotp: 'mail otp mfa',
  mailRecoveryCode: 'mail recovery mfa',
  mailSecondPasskey: 'mail pop mfa',
} as const

export type Amr = (typeof AMR)[keyof typeof AMR]

/** The first step of a sign-in, if it was not the password: an identity provider, or a mail. */
export type FirstStep = 'fed' | 'mail'

/** Returns the methods of a sign-in whose first step was not the password. */
export const withFirst = (amr: Amr, first: FirstStep | undefined): Amr =>
  first === undefined ? amr : (amr.replace(/^pwd/, first) as Amr)

/** Values of the claim `acr`: one factor, or two (the assurance levels of NIST SP 800-63B). */
export const ACRS = ['aal1', 'aal2'] as const

export type Acr = (typeof ACRS)[number]

/** Whether a value is one of {@link ACRS}. */
export const isAcr = (value: unknown): value is Acr => ACRS.some((acr) => acr === value)

/** Returns the value of the claim `acr` for a sign-in. */
export const acrOf = (amr: string): Acr => (amr.split(' ').includes('mfa') ? 'aal2' : 'aal1')

/** The users who must have a second factor. */
export type FactorPolicy = 'none' | 'administrators' | 'all'

/** The part of a user that a {@link FactorPolicy} is about. */
export interface PolicySubject {
  role: string
  /** Whether an operator demands it of this user. */
  mustEnrol?: boolean | undefined
}

/** Whether a user must have a second factor. */
export const needsFactor = ({ role, mustEnrol = false }: PolicySubject, policy: FactorPolicy): boolean =>
  mustEnrol || policy === 'all' || (policy === 'administrators' && isCovered(role))

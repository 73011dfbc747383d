import { ServiceError } from '../errors.ts'

// Details of the responses to requests of operators that are refused. The API description has them too.

/** Returns the detail of a 403 response. @param may - The permission that the operator does not have. */
export const lacksText = (may: string): string => `Your role does not have ${may}.`

/** 403: a user of a role without any permission. */
export const NO_RIGHTS = 'Your role may not administer accounts.'

/** 403: operators change their own accounts as all users do. */
export const OWN_ACCOUNT = 'Change your own account at /account.'

/** 404: a name or id of no user, or of one whom the operator may not help. */
export const NOBODY = 'No user whom you may help has this name.'

/** 409: a change of another version of the user. */
export const CHANGED_MEANWHILE = 'This user was changed. Load the user again.'

/** Returns the error of a change of a user who is not as the operator has seen it. */
export const changedMeanwhile = (): ServiceError =>
  new ServiceError('conflict', 'the user changed, or If-Match is missing', { detail: CHANGED_MEANWHILE })

/** 403: a user as whom no operator acts. */
export const NOT_THIS_USER = 'No operator acts as a user who may administer accounts.'

/** 401: a code or a token of an act that has ended. */
export const ACT_ENDED = 'Open the user from the console again.'

/** 403: an invitation cannot be withdrawn and outlives its author, so its role has no permissions. */
export const INVITED_RIGHTS = 'Invite with another role, and change the role afterwards.'

/** 409: mails that would not be sent. */
export const NO_ADDRESS = 'This user has no e-mail address.'
export const NO_VERIFIED_ADDRESS = 'This user has no verified e-mail address.'
export const CANNOT_SIGN_IN =
  'This user is disabled, or has a former role. Enable the user, or change the role, first.'

/** Returns the error of a mail to a user who cannot get it. */
export const cannotMail = (detail: string): ServiceError =>
  new ServiceError('conflict', 'the user cannot get the mail', { detail })

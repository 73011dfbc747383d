// The address of the page. It names a user by the id: no name is in an address.

import { pageUrl } from '../page-url.js'

/** Returns the id of the user in the address, or nothing. */
export const idInAddress = () => /^#\/users\/([\w-]{22})$/.exec(location.hash)?.[1]

/** Returns the address of a user, or of the search. */
export const addressOf = (id) => (id ? `#/users/${id}` : '#/')

/** Returns the URL of the sign-in page, which leads back here. @param isAgain - Whether only a new sign-in leads back. */
export const signinUrl = ({ isAgain }) =>
  pageUrl('signin', { again: isAgain, next: `admin-console${location.hash}` })

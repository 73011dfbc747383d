import { DEVICE_ROUTES } from '../devices/routes.ts'
import { PAGE_ROUTES } from '../pages.ts'
import type { Route } from '../route.ts'
import { ROUTES } from '../routes.ts'
import { ADMIN_ROUTES } from './admin.ts'
import { CONSOLE_PAGES } from './console-pages.ts'

/** All routes of the service except the pages. */
export const API_ROUTES: Route[] = [...ROUTES, ...DEVICE_ROUTES, ...ADMIN_ROUTES]

/** All routes of the service. A function of the API description imports only what its features need. */
export const ROWS: Route[] = [...API_ROUTES, ...PAGE_ROUTES, ...CONSOLE_PAGES]

/** Returns the path at the gateway, without the slash before it. */
export const gatewayPathOf = ({ path, gatewayPath = path }: Pick<Route, 'path' | 'gatewayPath'>): string =>
  gatewayPath.slice(1)

import { fileRoute, pageRoute, rowsOf } from '../pages.ts'
import type { Route } from '../route.ts'

/** The page of the console, and its files. They are separate, so that a description without the console has nothing of it. */
export const CONSOLE_PAGES: Route[] = rowsOf('console', [
  pageRoute('admin-console', 'getConsolePage', 'Get the console of operators', ['console']),
  fileRoute('admin-console', 'getConsolePageFile', 'Get a file of the page /admin-console', ['console']),
])

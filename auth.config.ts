import { defineAuth } from './project/define-auth.ts'

/**
 * What this application says about its sign-in. Values of parameters stand here too: those for all stages next to the roles, others by
 * stage in `stages: { prod: { issuer: 'https://auth.example.com' } }`. `project/define-auth.ts` describes the members, and
 * `plugins/parameters/parameters.yml` the parameters.
 */
export default defineAuth({
  roles: ['user', 'support', 'admin'],
  administrators: ['admin'],
  can: {
    support: {
      over: ['user'],
      may: ['users:read', 'sessions:read', 'sessions:end', 'users:disable', 'users:reset', 'act-as'],
    },
  },
})

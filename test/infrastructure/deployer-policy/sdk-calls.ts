import { globSync, readFileSync } from 'node:fs'
import { root } from '../../support/process/service-description.ts'

/** Prefixes of actions by the SDK's client. */
const SERVICES: Record<string, string> = {
  'api-gateway': 'apigateway',
  cloudformation: 'cloudformation',
  'cloudwatch-logs': 'logs',
  lambda: 'lambda',
  s3: 's3',
  sesv2: 'ses',
  sts: 'sts',
}

/** Actions of operations that have another name, from the Service Authorization Reference. */
const ACTIONS: Record<string, string[]> = {
  's3:DeleteObjects': ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  's3:HeadBucket': ['s3:ListBucket'],
  's3:HeadObject': ['s3:GetObject'],
  's3:ListObjectVersions': ['s3:ListBucketVersions'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  // Only of the local service.
  'dynamodb:ListTables': [],
  // Every identity may call it.
  'sts:GetCallerIdentity': [],
  'dynamodb:TransactWriteItems': ['ConditionCheckItem', 'DeleteItem', 'PutItem', 'UpdateItem'].map(
    (name) => `dynamodb:${name}`,
  ),
  'dynamodb:ConditionCheck': ['dynamodb:ConditionCheckItem'],
}

/** API Gateway has the methods of HTTP as actions. */
const VERBS = { Get: 'GET', Create: 'POST', Update: 'PATCH', Tag: 'PUT', Untag: 'DELETE' }

function actionsOf(operation: string): string[] {
  const [, verb = ''] = /^apigateway:([A-Z][a-z]+)/.exec(operation) ?? []
  if (verb in VERBS) return [`apigateway:${VERBS[verb as keyof typeof VERBS]}`]
  return ACTIONS[operation] ?? [operation]
}

/** Returns the actions that the commands of the AWS SDK in a source need. */
function actionsIn(source: string): string[] {
  const imports = source.matchAll(
    /\{([^{}]*)\}\s*=\s*(?:await import|require)\(\s*'@aws-sdk\/client-([\w-]+)'\s*\)|import \{([^{}]*)\} from '@aws-sdk\/client-([\w-]+)'/g,
  )
  return [...imports].flatMap(([, required, ofRequire, imported, ofImport]) => {
    const service = SERVICES[ofRequire ?? ofImport ?? '']
    const names = (required ?? imported ?? '').split(',').map((name) => name.trim())
    return names.flatMap((name) => {
      const [, operation] = /^(?:type )?(?:paginate)?([A-Z]\w*?)(?:Command)?$/.exec(name) ?? []
      const isCall = /Command$|^paginate/.test(name) && !name.startsWith('type ')
      return service && operation && isCall ? actionsOf(`${service}:${operation}`) : []
    })
  })
}

const FRAMEWORK = 'node_modules/serverless/lib/plugins/aws'

/** The framework's files that `sls deploy` and `sls remove` run, with the operations in them that this service never needs. */
const OF_FRAMEWORK: Record<string, string[]> = {
  // Functions have no events of log groups.
  'deploy/lib/check-for-changes.js': ['DeleteSubscriptionFilter', 'DescribeSubscriptionFilters'],
  'deploy/lib/cleanup-s3-bucket.js': [],
  // Of `deploymentMethod: direct`.
  'deploy/lib/create-stack.js': ['CreateStack'],
  'deploy/lib/ensure-valid-bucket-exists.js': ['UpdateStack'],
  'deploy/lib/validate-template.js': [],
  'info/get-resource-count.js': [],
  'lib/check-if-bucket-exists.js': [],
  'lib/monitor-stack.js': [],
  'lib/upload-zip-file.js': [],
  // The service has no stack policy.
  'lib/update-stack.js': ['CreateStack', 'SetStackPolicy', 'UpdateStack'],
  'lib/wait-for-change-set-creation.js': [],
  'package/compile/events/api-gateway/lib/hack/update-stage.js': [],
  'remove/lib/bucket.js': [],
  'remove/lib/stack.js': [],
}

/** Returns the actions that the framework needs to deploy and to remove. Its uploads are no command. */
export function actionsOfFramework(): string[] {
  return Object.entries(OF_FRAMEWORK).flatMap(([file, never]) => {
    const source = readFileSync(`${root}/${FRAMEWORK}/${file}`, 'utf8')
    for (const one of never) {
      if (!source.includes(`${one}Command`)) throw new Error(`${file} calls no ${one} any more`)
    }
    return actionsIn(source).filter((action) => !never.includes(action.replace(/^.*:/, '')))
  })
}

const sourcesIn = (...patterns: string[]) =>
  globSync(patterns, { cwd: root, exclude: ['**/*.test.ts'] }).map((file) =>
    readFileSync(`${root}/${file}`, 'utf8'),
  )

/** Returns the actions that the plugins and the operator's commands need. */
export function actionsOfCommands(): string[] {
  const own = sourcesIn('scripts/**/*.ts', 'plugins/**/*.ts').join('\n')
  const called = [...own.matchAll(/aws\('(\w+)', '(\w+)'/g)].map(([, service, name]) => `${service}:${name}`)
  // What the stores send for the commands.
  const data =
    sourcesIn('lib/**/*.ts', 'scripts/**/*.ts')
      .join('\n')
      .match(/(?<=')(?:Batch\w+|GetItem|Query|Scan|\w+Item|TransactWriteItems|ConditionCheck)(?=')/g) ?? []
  return [
    ...sourcesIn('scripts/**/*.ts', 'plugins/**/*.ts').flatMap(actionsIn),
    ...called.flatMap(actionsOf),
    ...data.flatMap((name) => actionsOf(`dynamodb:${name}`)),
    // Events for the mailer, and the log that `npm run smoke` searches. Both are sent without the SDK.
    'lambda:InvokeFunction',
    'logs:FilterLogEvents',
    // Secrets of providers: `lib/aws/encryption.ts` sends it.
    'kms:Encrypt',
  ]
}

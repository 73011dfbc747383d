import { allow, arnOf, type Deployment, ownArn } from '../aws/access.ts'

/** Has the old place of passwords asked about a password. */
export const invokeDrain = ({ prefix }: Deployment) =>
  allow(['lambda:InvokeFunction'], [ownArn('lambda', `function:${prefix}-drain`)])

/** Asks one user pool about passwords. Its region is in its id. It reads and changes nothing there. */
export const askOldPool = ({ oldPool = '' }: Deployment) =>
  allow(
    ['cognito-idp:AdminInitiateAuth'],
    [
      {
        'Fn::Sub': `arn:\${AWS::Partition}:cognito-idp:${oldPool.split('_')[0]}:\${AWS::AccountId}:userpool/${oldPool}`,
      },
    ],
  )

/** Opens the secret of the endpoint of passwords. Secrets of users and of providers have other contexts. */
export const openPasswordsSecrets = allow(['kms:Decrypt'], [arnOf('FactorKey')], {
  StringEquals: { 'kms:EncryptionContext:passwords': 'url' },
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['passwords'] },
  Null: { 'kms:EncryptionContextKeys': 'false' },
})

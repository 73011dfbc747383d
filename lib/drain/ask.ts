import { type AwsCall, invocationOf } from '../aws/client.ts'
import type { Question, Verdict } from './verdict.ts'

/**
 * Has the function `drain` ask the old place about a password, once: a second question could count twice there.
 *
 * @param functionName - Of `drain`.
 * @returns The verdict. It is missing if the function fails.
 * @throws {@link ServiceError} `unavailable`, if the function cannot be invoked, or does not respond in time.
 */
export async function askOldPlace(
  aws: AwsCall,
  functionName: string,
  question: Question,
): Promise<Verdict | undefined> {
  const { verdict } = await aws('invocation', invocationOf(functionName), question)
  return verdict as Verdict | undefined
}

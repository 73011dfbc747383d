/** Accepts ARNs as `aws:PrincipalArn` has them: of a role, never of its session. */
export function operators(text: string): void {
  if (text === '') return
  for (const one of text.split(',')) {
    if (
      !/^arn:(?:aws[a-z-]*|\*):iam::(?:\d{12}|\*):(?:role|user)\/[\w+=.@/*?-]*[\w+=.@-][\w+=.@/*?-]*$/.test(
        one,
      )
    ) {
      throw new Error(
        'must be ARNs of roles or users of IAM, separated by commas, such as arn:aws:iam::123456789012:role/operator',
      )
    }
  }
}

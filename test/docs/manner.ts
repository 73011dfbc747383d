/** Words of a private manner, each a pattern. What to write instead is in CONTRIBUTING.md and in the glossary there. */
const WORDS = [
  // The client, attacker, operator, function or gateway does something.
  'who(?:so)?ever|whomever|nobody|somebody',
  'whatever|whichever',
  // Time and condition.
  'anew|so long(?! as)|any ?more(?! than)|no more(?! than)|for good(?! reason)|goes? again|go(?:es|ing)? on(?! to)',
  // One fact a sentence, and the noun itself instead of a turn of phrase.
  '(?:is|are|was|were|there are) none|those there are|(?:that|which) there (?:is|are) not|what comes of',
  "of (?:ours|theirs|one[’']s own)|one[’']s own|at the most|besides|the like",
  // A token is valid, expired, revoked or invalid; a password is correct or wrong.
  'right (?:password|code)s?|(?:password|code)s? (?:is|are|was) right',
  '(?:good|bad) (?:token|bearer|password)s?|(?:is|are|was|not) good|good (?:for|once)',
  'kill(?:s|ed|ing)? (?:the|all|every|each|a|an|its|access) \\w*|killed|die[sd]?|dead(?! letter)',
  // Verify, validate, reject; see, read, check; report.
  'judg(?:e|es|ed|ing)|look(?:s|ed|ing)? at|tells?|told|ha(?:s|ve) to say|sa(?:y|ys|id) so|mend(?:s|ed|ing)?',
  'speak(?:s|ing)? for|(?:stands?|is|are) in the way|lets? (?:\\w+ ){0,2}through',
  // The noun is response or result; the verb is ordinary English.
  '(?:an|the|its|no|own|every|whose|your|their) answer|(?:the|its|own|their|all|of|both) answers',
]

/** Finds the manner's words in prose. */
export const MANNER = new RegExp(`\\b(?:${WORDS.join('|')})\\b`, 'gi')

/** Words that tests and documents still have, and comments of the code do not. */
export const NOT_IN_COMMENTS =
  /\b(?:as (?:just )?read|meanwhile|(?:of|on) (?:its|their|his|her|your) own)\b/gi

/** Words of the manner that also have a plain meaning. Comments of the code have few of them. */
export const RARE_IN_COMMENTS = /\b(?:alone|beside)\b/gi

// The proof of a change that was not made, such as for a fault in another field. It is still valid.

let kept

/** Keeps a proof. @param proof - The change, its token, and until when the token is valid. */
export const keepProof = (proof) => {
  kept = proof
}

/** Returns the proof of a change, if there is one, and forgets it. */
export function takeProof(change) {
  const proof = kept
  kept = undefined
  return proof?.change === change && Date.now() < proof.untilMs ? proof : undefined
}

/** Forgets the proof: the user begins another change. */
export const forgetProof = () => keepProof(undefined)

/** Words that users of an application do not know. The pages show them in the demo only. */
export const TECHNICAL =
  /tokens?\b|\bAPIs?\b|authoris|\bJWT|\b[45]\d\d\b|\b(GET|POST) ?\/|serverless|\broles?\b|\bclaims?\b|\broutes?\b|bearer|status code/gi

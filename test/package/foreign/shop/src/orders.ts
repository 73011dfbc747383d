/** Returns its environment. */
export const handler = async () => ({ statusCode: 200, body: JSON.stringify(process.env) })

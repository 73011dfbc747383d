export const callerEvent = () => ({})

export default class Local { hooks = { initialize: () => { console.log('hi from ts plugin', process.version) } } }

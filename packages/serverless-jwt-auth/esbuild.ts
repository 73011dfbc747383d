export { default } from '../../plugins/functions/project-bundles.ts'

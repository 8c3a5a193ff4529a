import type { SecretFrom } from '../hooks/heard';
import { plural } from '../frame/format';

const secretFrom: Record<SecretFrom, { name: string; why: string }> = {
  kept: { name: 'As it is', why: 'The one that is kept stays.' },
  made: { name: 'Made here', why: '32 random bytes. It is shown once, to be entered in Creative Force.' },
  own: { name: 'Entered', why: 'One that is entered in Creative Force already.' },
};

/** Words of hooks of a site that is only heard: somebody enters the webhook there by hand. */
export const heard = {
  why: 'Creative Force lets no other program make webhooks. Here the address and the secret are made; somebody enters them there.',
  secret: 'Secret key',
  secretFrom,
  ownLabel: 'The secret of Creative Force',
  ownWhy: 'As it stands there, in Base64.',
  secretEmpty: 'The secret is to be entered.',
  filters: 'Only some workspaces or production steps',
  filtersWhy: 'The same is chosen in Creative Force. What it sends all the same is kept, and starts nothing.',
  workspaces: 'Workspaces',
  allWorkspaces: 'all',
  addWorkspace: 'Add a workspace',
  addWorkspaceHint: 'add one by its name',
  dropWorkspace: (name: string) => `Leave ${name} out`,
  steps: 'Production steps',
  allSteps: 'all',
  someSteps: (n: number) => `only ${plural(n, 'step', 'steps')}`,
  headers: 'Custom headers',
  headersWhy: 'Each delivery must have them, besides the signature. They are entered in Creative Force too.',
  headerName: (n: number) => `Name of header ${n}`,
  headerNameHint: 'x-studio',
  headerValue: (name: string) => `Value of header ${name}`,
  headerValueHint: 'value',
  headerKept: 'kept; write another to replace it',
  addHeader: 'Add a header',
  dropHeader: (name: string) => `Leave header ${name} out`,
  headerNameBad: (name: string) =>
    name === '' ? 'A custom header needs a name.' : `“${name}” cannot be the name of a custom header.`,
  headerTwice: (name: string) => `The header ${name} stands there twice.`,
  headerEmpty: (name: string) => `The header ${name} needs a value.`,
  headerValueBad: (name: string) => `The value of the header ${name} has signs that no header may have.`,
  there: {
    title: 'Enter it in Creative Force',
    open: 'Open the menu at the top right, then Studio settings, Integration, Webhooks, and press Add Webhook.',
    address: 'On the tab Settings, enter this as Payload URL:',
    addressName: 'Payload URL',
    secret: 'Enter this as Secret Key:',
    secretOnce: 'It is kept with the others, and not shown again.',
    secretKept: 'The one that was made or entered. It is not shown again; a new one is made with “Change …”.',
    noSecret: 'Leave the Secret Key empty: none is asked for here. Anybody who knows the address can then send to it.',
    events:
      'As Trigger Events choose all of Task, Production, Product and Job; Sample, Session and User where rules speak of them.',
    allWorkspaces: 'On the tab Filters, enable All Workspace Access.',
    workspaces: (names: string) => `On the tab Filters, select the workspaces ${names}.`,
    allSteps: 'Leave the production steps as they are.',
    steps: (names: string) => `Select the production steps ${names}.`,
    headers: (names: string) => `On the tab Custom Headers, add ${names}, as entered here.`,
    save: 'Press Save.',
    waiting: 'Waiting for the first delivery …',
    came: (at: string) => `Deliveries arrive; the last one at ${at}.`,
    close: 'Done',
  },
} as const;

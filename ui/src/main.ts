import './frozen';
import '@fontsource-variable/inter';
import './style/tokens.css';
import './style/base.css';
import { mount } from 'svelte';
import { connect } from './api';
import { shell } from './api/shell';
import App from './App.svelte';
import { language } from './language';

document.documentElement.lang = language();

const target = document.getElementById('app');
if (target) mount(App, { target, props: { backend: await connect() } });
void shell?.speak(language());

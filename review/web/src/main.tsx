import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { followOpenId } from './state/detail.ts';
import { startKeys } from './state/keys.ts';
import { loadList } from './state/list.ts';
import { startLive } from './state/live.ts';
import { startClock } from './state/now.ts';
import { filters, startRouting } from './state/route.ts';
import './styles/theme.css';
import './styles/base.css';
import './styles/list.css';
import './styles/detail.css';
import './styles/conversation.css';
import './styles/evidence.css';
import 'uplot/dist/uPlot.min.css';

startClock();
startRouting();
startKeys();
effect(() => {
  void filters.value;
  void loadList();
});
followOpenId();
startLive();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);

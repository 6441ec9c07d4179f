import { createRoot } from 'react-dom/client';
import { App } from './app';
import './styles/style.css';
import './styles/panels.css';
import './styles/tables.css';
import './styles/heat.css';
import './styles/controls.css';
import './styles/layout.css';

createRoot(document.getElementById('root')!).render(<App />);

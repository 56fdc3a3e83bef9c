// Globals that Tasklist's page provides; read by the type check only.
declare const angular: any;

// Entry of the plugin for Camunda Modeler.
module.exports = {name: 'Правила схем сделок', script: './client.js'};

"""Gates that hold shipment and payment, as a function of the event log."""

"""An event mesh for one machine: what a Knative Broker does, without Kubernetes, Kafka or Docker."""

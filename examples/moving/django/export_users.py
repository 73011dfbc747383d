import csv, sys
from django.contrib.auth.models import User

columns = ["username", "email", "password", "is_active", "date_joined"]
writer = csv.writer(sys.stdout)
writer.writerow(columns)
writer.writerows(User.objects.values_list(*columns))
